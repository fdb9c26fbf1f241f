-- Finds an entry, or takes the lease that allows to fill it. Atomic.
-- KEYS 1 the entry, 2 the partition's marks (hash: g = generation, s = sequence, t<tag> = sequence of its end)
-- ARGV 1 token of the lease (16 bytes), '' to take none; 2 its length in ms; 3 ms to keep the marks;
--      4 stamp of an entry that the caller can't read, or ''; 5 stamp of the caller's copy, or ''
-- Returns {0, body, ms to live, stamp}: a hit; {3, ms to live}: a hit that the caller has a copy of;
--         {1}: the lease is the caller's; {2, ms to live}: another's, who will tell; {4}: nothing
-- Stored: 'V' generation(16) sequence(16) stamp(16) body,
--      or 'L' token(16) generation(16) sequence(16) awaited(1, '0' or '1');
-- body: flags(1) number of tags(1) then for each tag length(1) and text, then the value.
-- Anything else that stands there is overwritten as if it were absent.
local function live(stored, generation)
  if #stored < 51 or string.sub(stored, 2, 17) ~= generation then
    return false
  end
  local sequence = tonumber(string.sub(stored, 18, 33))
  if sequence == nil then
    return false
  end
  local at = 52
  for _ = 1, string.byte(stored, 51) do
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
  local stamp = string.sub(stored, 34, 49)
  if kind == 'V' and stamp ~= ARGV[4] and live(stored, generation) then
    if stamp == ARGV[5] then
      return {3, ttl}
    end
    return {0, string.sub(stored, 50), ttl, stamp}
  end
  if kind == 'L' and #stored == 50 and ttl > 0 and string.sub(stored, 18, 33) == generation then
    if ARGV[1] ~= '' then
      redis.call('SETRANGE', KEYS[1], 49, '1')
    end
    return {2, ttl}
  end
end
if ARGV[1] == '' then
  return {4}
end
if not generation then
  generation = ARGV[1]
  redis.call('HSET', KEYS[2], 'g', generation, 's', 0)
end
redis.call('PEXPIRE', KEYS[2], ARGV[3])
local sequence = string.format('%016d', redis.call('HGET', KEYS[2], 's'))
redis.call('SET', KEYS[1], 'L' .. ARGV[1] .. generation .. sequence .. '0', 'PX', ARGV[2])
return {1}
