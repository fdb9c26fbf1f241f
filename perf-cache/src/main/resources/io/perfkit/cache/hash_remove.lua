-- Removes a field of a hash and tells all nodes if it was there. Atomic.
-- KEYS 1 the hash
-- ARGV 1 the channel, 2 the message, 3 the field
-- Returns 1 if it was there, else 0
local removed = redis.call('HDEL', KEYS[1], ARGV[3])
if removed == 1 then
  redis.call('PUBLISH', ARGV[1], ARGV[2])
end
return removed
