-- Removes a shared structure and tells all nodes, so that their copies end. Atomic.
-- KEYS 1 the structure
-- ARGV 1 the channel, 2 the message
-- Returns 1
redis.call('UNLINK', KEYS[1])
redis.call('PUBLISH', ARGV[1], ARGV[2])
return 1
