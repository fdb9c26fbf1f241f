-- Ends all entries of one partition; the caller tells all nodes when all partitions are done. Atomic.
-- KEYS 1 the partition's marks
-- Returns 1; an entry whose generation is gone is none, and the next lease begins a new one.
redis.call('UNLINK', KEYS[1])
return 1
