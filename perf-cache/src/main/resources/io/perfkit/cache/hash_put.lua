-- Stores fields of a hash and tells all nodes. Atomic: all of them or none. Nothing for a caller that gave up.
-- KEYS 1 the hash
-- ARGV 1 the channel, 2 the message, 3 ms of the server's clock until which the caller waits, 4 most fields, 5 the hash's
--      ms to live from now, 0 to leave that as it is; 6 'put' or 'absent', which stores only where nothing stands;
--      7... fields and values
-- Returns {now, 1} if stored, {now, 0} if something stood there, {now, -1} if there is no room for all; {now}, the
--         server's clock in ms, if it came too late.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if now > tonumber(ARGV[3]) then
  return {now}
end
local size = redis.call('HLEN', KEYS[1])
local added = 0
for i = 7, #ARGV, 2 do
  added = added + 1 - redis.call('HEXISTS', KEYS[1], ARGV[i])
end
if ARGV[6] == 'absent' and added == 0 then
  return {now, 0}
end
if added > 0 and size + added > tonumber(ARGV[4]) then
  return {now, -1}
end
for i = 7, #ARGV, 2 do
  redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1])
end
if ARGV[5] ~= '0' then
  redis.call('PEXPIRE', KEYS[1], ARGV[5])
end
redis.call('PUBLISH', ARGV[1], ARGV[2])
return {now, 1}
