-- Stores a value and tells all nodes, so that their copies end; a lease under way is lost. Atomic.
-- KEYS 1 the entry, 2 its lease, 3 the partition's marks
-- ARGV 1 the body, 2 ms of its life, 3 ms to keep it after that, 4 ms to keep the marks, 5 its stamp (16 bytes), also
--      the generation if there is none, 6 the channel, 7 the message
-- Returns 1
redis.call('HSETNX', KEYS[3], 'g', ARGV[5])
redis.call('HSETNX', KEYS[3], 's', 0)
redis.call('PEXPIRE', KEYS[3], ARGV[4])
local marks = redis.call('HMGET', KEYS[3], 'g', 's')
local head = 'V' .. marks[1] .. string.format('%016d', marks[2]) .. ARGV[5]
  .. string.format('%012d%012d', ARGV[2], ARGV[3])
redis.call('SET', KEYS[1], head .. ARGV[1], 'PX', ARGV[2] + ARGV[3])
redis.call('UNLINK', KEYS[2])
redis.call('PUBLISH', ARGV[6], ARGV[7])
return 1
