-- Adds an element to a list, drops what is too much at the other end, and tells all nodes. Atomic.
-- KEYS 1 the list
-- ARGV 1 the channel, 2 the message, 3 most elements, 4 the list's ms to live from now, 0 to leave that as it is;
--      5 'first' or 'last', 6 the element
-- Returns 1
if ARGV[5] == 'first' then
  redis.call('LPUSH', KEYS[1], ARGV[6])
  redis.call('LTRIM', KEYS[1], 0, ARGV[3] - 1)
else
  redis.call('RPUSH', KEYS[1], ARGV[6])
  redis.call('LTRIM', KEYS[1], -ARGV[3], -1)
end
if ARGV[4] ~= '0' then
  redis.call('PEXPIRE', KEYS[1], ARGV[4])
end
redis.call('PUBLISH', ARGV[1], ARGV[2])
return 1
