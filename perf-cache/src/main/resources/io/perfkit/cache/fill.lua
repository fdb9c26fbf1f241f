-- Ends a lease with what its holder loaded, and tells the callers that wait for it. Atomic.
-- KEYS 1 the entry, 2 its lease, 3 the partition's marks
-- ARGV 1 token of the lease, which becomes the entry's stamp; 2 the body, '' to remove the entry that may be there;
--      3 ms of its life, 4 ms to keep it after that; 5 the channel, 6 the message; 7... its tags
-- Returns 1; 0 if the lease was lost or a mark has moved since it was taken, and then nothing is
-- stored: the load may be older than an invalidation. 2 if Redis is full: the lease ends even so.
local lease = redis.pcall('GET', KEYS[2])
if type(lease) ~= 'string' or string.sub(lease, 1, 17) ~= 'L' .. ARGV[1] then
  return 0
end
local generation = string.sub(lease, 18, 33)
local sequence = string.sub(lease, 34, 49)
local overtaken = redis.call('HGET', KEYS[3], 'g') ~= generation
for i = 7, #ARGV do
  local ended = redis.call('HGET', KEYS[3], 't' .. ARGV[i])
  overtaken = overtaken or (ended and tonumber(ended) > tonumber(sequence))
end
-- Before anything else is written, so that a full Redis refuses it.
local stored = {}
if ARGV[2] ~= '' and not overtaken then
  local head = 'V' .. generation .. sequence .. ARGV[1] .. string.format('%012d%012d', ARGV[3], ARGV[4])
  stored = redis.pcall('SET', KEYS[1], head .. ARGV[2], 'PX', ARGV[3] + ARGV[4])
end
redis.call('UNLINK', KEYS[2])
if ARGV[2] == '' then
  redis.call('UNLINK', KEYS[1])
end
if string.sub(lease, 50, 50) == '1' then
  redis.call('PUBLISH', ARGV[5], ARGV[6])
end
if stored.err then
  return string.find(stored.err, 'OOM', 1, true) and 2 or stored -- an error would count as an outage
end
return overtaken and 0 or 1
