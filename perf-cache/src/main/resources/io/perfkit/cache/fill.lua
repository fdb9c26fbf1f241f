-- Ends a lease: stores what its holder loaded, or gives the lease back; tells who waits for it. Atomic.
-- KEYS 1 the entry, 2 the partition's marks
-- ARGV 1 token of the lease, which becomes the entry's stamp; 2 the body, '' to give back; 3 its ms to live;
--      4 the channel, 5 the message; 6... its tags
-- Returns 1; 0 if the lease was lost or a mark has moved since it was taken, and then nothing is
-- stored: the load may be older than an invalidation.
local stored = redis.pcall('GET', KEYS[1])
if type(stored) ~= 'string' or string.sub(stored, 1, 17) ~= 'L' .. ARGV[1] then
  return 0
end
local generation = string.sub(stored, 18, 33)
local sequence = string.sub(stored, 34, 49)
local overtaken = redis.call('HGET', KEYS[2], 'g') ~= generation
for i = 6, #ARGV do
  local ended = redis.call('HGET', KEYS[2], 't' .. ARGV[i])
  overtaken = overtaken or (ended and tonumber(ended) > tonumber(sequence))
end
if overtaken or ARGV[2] == '' then
  redis.call('UNLINK', KEYS[1])
else
  redis.call('SET', KEYS[1], 'V' .. generation .. sequence .. ARGV[1] .. ARGV[2], 'PX', ARGV[3])
end
if string.sub(stored, 50, 50) == '1' then
  redis.call('PUBLISH', ARGV[4], ARGV[5])
end
return overtaken and 0 or 1
