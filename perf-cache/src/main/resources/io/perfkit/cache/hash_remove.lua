-- Removes a field of a hash and tells all nodes if it was there. Atomic. Nothing for a caller that gave up.
-- KEYS 1 the hash
-- ARGV 1 the channel, 2 the message, 3 ms of the server's clock until which the caller waits, 4 the field
-- Returns {now, 1} if it was there, else {now, 0}; {now}, the server's clock in ms, if it came too late.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if now > tonumber(ARGV[3]) then
  return {now}
end
local removed = redis.call('HDEL', KEYS[1], ARGV[4])
if removed == 1 then
  redis.call('PUBLISH', ARGV[1], ARGV[2])
end
return {now, removed}
