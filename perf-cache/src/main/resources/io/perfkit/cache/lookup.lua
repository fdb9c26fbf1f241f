-- Finds an entry, or takes the lease that allows to fill it. Atomic.
-- KEYS 1 the entry
-- ARGV 1 token of the lease (16 bytes), '' to take none; 2 its length in ms;
--      3 a value that the caller can't read, or ''
-- Returns {0, value, ms to live}: a hit; {1}: the lease is the caller's; {2}: it is not
-- Anything that is neither a value nor a lease of ours is overwritten as if it were absent.
local stored = redis.pcall('GET', KEYS[1])
if type(stored) == 'string' then
  local kind = string.sub(stored, 1, 1)
  local ttl = redis.call('PTTL', KEYS[1])
  if kind == 'V' and stored ~= ARGV[3] then
    return {0, stored, ttl}
  end
  if kind == 'L' and #stored == 17 and ttl > 0 then
    return {2}
  end
end
if ARGV[1] == '' then
  return {2}
end
redis.call('SET', KEYS[1], 'L' .. ARGV[1], 'PX', ARGV[2])
return {1}
