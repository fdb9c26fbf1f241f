-- Ends all entries of a tag in one partition; the caller tells all nodes when all partitions are done. Atomic.
-- KEYS 1 the partition's marks
-- ARGV 1 the tag, 2 how many marks may stand there
-- Returns 1; without marks there is no entry. Too many marks, or a full Redis, end the whole partition instead.
if redis.call('EXISTS', KEYS[1]) == 0 then
  return 1
end
if redis.call('HLEN', KEYS[1]) >= tonumber(ARGV[2]) then
  redis.call('UNLINK', KEYS[1])
  return 1
end
local sequence = redis.pcall('HINCRBY', KEYS[1], 's', 1)
if type(sequence) == 'number' then
  redis.call('HSET', KEYS[1], 't' .. ARGV[1], sequence)
elseif string.find(sequence.err, 'OOM', 1, true) then
  redis.call('UNLINK', KEYS[1])
else
  return sequence
end
return 1
