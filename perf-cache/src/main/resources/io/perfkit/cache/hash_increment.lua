-- Adds to a number in a hash and tells all nodes. Atomic. Nothing for a caller that gave up.
-- KEYS 1 the hash
-- ARGV 1 the channel, 2 the message, 3 ms of the server's clock until which the caller waits, 4 most fields, 5 the hash's
--      ms to live from now, 0 to leave that as it is; 6 the field, 7 what to add
-- Returns {now, the sum} as text, since a number of Lua is exact to 2^53 only; {now, -1} if there is no room; {now, -2}
--         if what stands there is no number, or the sum would be none of 64 bits; {now}, the server's clock in ms, if it
--         came too late.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if now > tonumber(ARGV[3]) then
  return {now}
end
if redis.call('HLEN', KEYS[1]) >= tonumber(ARGV[4]) and redis.call('HEXISTS', KEYS[1], ARGV[6]) == 0 then
  return {now, -1}
end
local sum = redis.pcall('HINCRBY', KEYS[1], ARGV[6], ARGV[7])
if type(sum) ~= 'number' then
  return string.find(sum.err, 'OOM', 1, true) and sum or {now, -2}
end
if ARGV[5] ~= '0' then
  redis.call('PEXPIRE', KEYS[1], ARGV[5])
end
redis.call('PUBLISH', ARGV[1], ARGV[2])
return {now, redis.call('HGET', KEYS[1], ARGV[6])}
