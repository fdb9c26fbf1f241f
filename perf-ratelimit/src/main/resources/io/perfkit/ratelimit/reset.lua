-- Gives all permits back to some keys and ends their blocks. Atomic.
-- KEYS the state of each rule
-- Returns 1
redis.call('UNLINK', unpack(KEYS))
return 1
