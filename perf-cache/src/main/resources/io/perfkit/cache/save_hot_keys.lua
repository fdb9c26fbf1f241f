-- Saves a snapshot of the hottest keys, unless it is much shorter than the one that stands there. Atomic.
-- KEYS 1 the snapshot
-- ARGV 1 how many keys, as 8 digits; 2 the keys; 3 ms to live
-- Returns 1, or 0 if the one that stands there has more than twice as many and stays
local stored = redis.pcall('GETRANGE', KEYS[1], 0, 7)
local count = type(stored) == 'string' and tonumber(stored)
if count and count > 2 * tonumber(ARGV[1]) then
  return 0
end
redis.call('SET', KEYS[1], ARGV[1] .. ARGV[2], 'PX', ARGV[3])
return 1
