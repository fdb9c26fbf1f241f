-- Stores a value and tells all nodes, so that their copies end; a lease under way is lost. Atomic.
-- KEYS 1 the entry, 2 the partition's marks
-- ARGV 1 the body, 2 its ms to live, 3 ms to keep the marks, 4 its stamp (16 bytes), also the
--      generation if there is none, 5 the channel, 6 the message
-- Returns 1
redis.call('HSETNX', KEYS[2], 'g', ARGV[4])
redis.call('HSETNX', KEYS[2], 's', 0)
redis.call('PEXPIRE', KEYS[2], ARGV[3])
local marks = redis.call('HMGET', KEYS[2], 'g', 's')
local sequence = string.format('%016d', marks[2])
redis.call('SET', KEYS[1], 'V' .. marks[1] .. sequence .. ARGV[4] .. ARGV[1], 'PX', ARGV[2])
redis.call('PUBLISH', ARGV[5], ARGV[6])
return 1
