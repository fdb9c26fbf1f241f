-- Ends a lease: stores the value that its holder loaded, or gives the lease back. Atomic.
-- KEYS 1 the entry
-- ARGV 1 token of the lease, 2 the value, '' to give back, 3 its ms to live
-- Returns 1; 0 if the lease was lost, and then nothing is stored: the load may be older than an invalidation
if redis.pcall('GET', KEYS[1]) ~= 'L' .. ARGV[1] then
  return 0
end
if ARGV[2] == '' then
  redis.call('UNLINK', KEYS[1])
else
  redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
end
return 1
