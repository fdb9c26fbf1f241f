-- Finds an entry, or takes the lease that allows to fill it. Atomic.
-- KEYS 1 the entry, 2 the partition's marks (hash: g = generation, s = sequence, t<tag> = sequence of its end)
-- ARGV 1 token of the lease (16 bytes), '' to take none; 2 its length in ms; 3 ms to keep the marks;
--      4 an entry that the caller can't read, or ''
-- Returns {0, body, ms to live}: a hit; {1}: the lease is the caller's; {2}: it is not
-- Stored: 'V' generation(16) sequence(16) body, or 'L' token(16) generation(16) sequence(16);
-- body: flags(1) number of tags(1) then for each tag length(1) and text, then the value.
-- Anything else that stands there is overwritten as if it were absent.
local function live(stored, generation)
  if #stored < 35 or string.sub(stored, 2, 17) ~= generation then
    return false
  end
  local sequence = tonumber(string.sub(stored, 18, 33))
  if sequence == nil then
    return false
  end
  local at = 36
  for _ = 1, string.byte(stored, 35) do
    local length = string.byte(stored, at)
    if length == nil then
      return false
    end
    local ended = redis.call('HGET', KEYS[2], 't' .. string.sub(stored, at + 1, at + length))
    if ended and tonumber(ended) > sequence then
      return false
    end
    at = at + length + 1
  end
  return true
end

local stored = redis.pcall('GET', KEYS[1])
local generation = redis.call('HGET', KEYS[2], 'g')
if type(stored) == 'string' and generation then
  local kind = string.sub(stored, 1, 1)
  local ttl = redis.call('PTTL', KEYS[1])
  if kind == 'V' and string.sub(stored, 34) ~= ARGV[4] and live(stored, generation) then
    return {0, string.sub(stored, 34), ttl}
  end
  if kind == 'L' and #stored == 49 and ttl > 0 and string.sub(stored, 18, 33) == generation then
    return {2}
  end
end
if ARGV[1] == '' then
  return {2}
end
if not generation then
  generation = ARGV[1]
  redis.call('HSET', KEYS[2], 'g', generation, 's', 0)
end
redis.call('PEXPIRE', KEYS[2], ARGV[3])
local sequence = string.format('%016d', redis.call('HGET', KEYS[2], 's'))
redis.call('SET', KEYS[1], 'L' .. ARGV[1] .. generation .. sequence, 'PX', ARGV[2])
return {1}
