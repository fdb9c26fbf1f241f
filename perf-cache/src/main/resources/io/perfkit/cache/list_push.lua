-- Adds an element to a list, drops what is too much at the other end, and tells all nodes. Atomic. Nothing for a caller
-- that gave up.
-- KEYS 1 the list
-- ARGV 1 the channel, 2 the message, 3 ms of the server's clock until which the caller waits, 4 most elements, 5 the list's
--      ms to live from now, 0 to leave that as it is; 6 'first' or 'last', 7 the element
-- Returns {now, 1}; {now}, the server's clock in ms, if it came too late.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if now > tonumber(ARGV[3]) then
  return {now}
end
if ARGV[6] == 'first' then
  redis.call('LPUSH', KEYS[1], ARGV[7])
  redis.call('LTRIM', KEYS[1], 0, ARGV[4] - 1)
else
  redis.call('RPUSH', KEYS[1], ARGV[7])
  redis.call('LTRIM', KEYS[1], -ARGV[4], -1)
end
if ARGV[5] ~= '0' then
  redis.call('PEXPIRE', KEYS[1], ARGV[5])
end
redis.call('PUBLISH', ARGV[1], ARGV[2])
return {now, 1}
