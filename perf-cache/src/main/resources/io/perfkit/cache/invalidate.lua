-- Removes an entry and tells all nodes, so that their copies end; a lease under way is lost. Atomic.
-- KEYS 1 the entry, 2 its lease
-- ARGV 1 the channel, 2 the message
-- Returns 1
redis.call('UNLINK', KEYS[1], KEYS[2])
redis.call('PUBLISH', ARGV[1], ARGV[2])
return 1
