-- Ends a lease whose load failed, and tells the callers that wait for it; what stands at the entry stays. Atomic.
-- KEYS 1 the entry, 2 its lease
-- ARGV 1 token of the lease; 2 ms for which loads rest if an entry is there, 0 for none; 3 the channel, 4 the message
-- Returns 1; 0 if the lease was lost.
local lease = redis.pcall('GET', KEYS[2])
if type(lease) ~= 'string' or string.sub(lease, 1, 17) ~= 'L' .. ARGV[1] then
  return 0
end
local rests = false
if tonumber(ARGV[2]) > 0 and redis.call('EXISTS', KEYS[1]) == 1 then
  rests = not redis.pcall('SET', KEYS[2], 'T' .. string.sub(lease, 2), 'PX', ARGV[2]).err
end
if not rests then -- there is nothing that may serve, or Redis is full
  redis.call('UNLINK', KEYS[2])
end
if string.sub(lease, 50, 50) == '1' then
  redis.call('PUBLISH', ARGV[3], ARGV[4])
end
return 1
