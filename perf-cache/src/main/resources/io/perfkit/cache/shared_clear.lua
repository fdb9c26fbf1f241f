-- Removes a shared structure and tells all nodes, so that their copies end. Atomic. Nothing for a caller that gave up.
-- KEYS 1 the structure
-- ARGV 1 the channel, 2 the message, 3 ms of the server's clock until which the caller waits
-- Returns {now, 1}; {now}, the server's clock in ms, if it came too late.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if now > tonumber(ARGV[3]) then
  return {now}
end
redis.call('UNLINK', KEYS[1])
redis.call('PUBLISH', ARGV[1], ARGV[2])
return {now, 1}
