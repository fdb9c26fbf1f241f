-- Stores a value and tells all nodes, so that their copies end; a lease under way is lost. Atomic.
-- KEYS 1 the entry
-- ARGV 1 the value, 2 its ms to live, 3 the channel, 4 the message
-- Returns 1
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
redis.call('PUBLISH', ARGV[3], ARGV[4])
return 1
