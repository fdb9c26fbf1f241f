-- Adds to a number in a hash and tells all nodes. Atomic.
-- KEYS 1 the hash
-- ARGV 1 the channel, 2 the message, 3 most fields, 4 the hash's ms to live from now, 0 to leave that as it is;
--      5 the field, 6 what to add
-- Returns the sum as text, since a number of Lua is exact to 2^53 only; -1 if there is no room;
--         -2 if what stands there is no number, or the sum would be none of 64 bits.
if redis.call('HLEN', KEYS[1]) >= tonumber(ARGV[3]) and redis.call('HEXISTS', KEYS[1], ARGV[5]) == 0 then
  return -1
end
local sum = redis.pcall('HINCRBY', KEYS[1], ARGV[5], ARGV[6])
if type(sum) ~= 'number' then
  return string.find(sum.err, 'OOM', 1, true) and sum or -2
end
if ARGV[4] ~= '0' then
  redis.call('PEXPIRE', KEYS[1], ARGV[4])
end
redis.call('PUBLISH', ARGV[1], ARGV[2])
return redis.call('HGET', KEYS[1], ARGV[5])
