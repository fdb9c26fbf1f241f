-- Refuses what counts under some keys until a time from now on; earlier blocks end. Atomic.
-- KEYS the state of each rule
-- ARGV 1 '' (tests only: the time), 2 length of the block in microseconds; then the kind of each rule
-- Returns 1. Stored as check.lua says; what else stands there is overwritten.
local SIZES = { b = 40, l = -1, s = 24 + 8 * 33, f = 32, x = 0 } -- without the header; a log is of any size
local pack, sub, lower = struct.pack, string.sub, string.lower
local now
if ARGV[1] == '' then
  local time = redis.call('TIME')
  now = time[1] * 1000000 + time[2]
else
  now = tonumber(ARGV[1])
end
local stop = now + ARGV[2]
local expiry = math.ceil(stop / 1000)
for i, key in ipairs(KEYS) do
  local ttl = redis.call('PTTL', key)
  local left = ttl > 0 and math.ceil(now / 1000) + ttl or 0
  if ARGV[i + 2] == 'n' then
    local blocked = redis.pcall('ZADD', key, string.format('%.0f', stop), '!')
    if type(blocked) ~= 'number' then
      redis.call('UNLINK', key)
      redis.call('ZADD', key, string.format('%.0f', stop), '!')
    end
    redis.call('PEXPIREAT', key, string.format('%.0f', math.max(expiry, left)))
  else
    local stored = redis.pcall('GET', key)
    local kept, state = 'x', ''
    local first = type(stored) == 'string' and sub(stored, 1, 1)
    local size = first and SIZES[lower(first)]
    local carried = first and first ~= lower(first) and 16 or 0
    if size and (#stored - 9 - carried == size or size < 0 and #stored % 8 == 1) then
      kept, state = first, sub(stored, 10)
    end
    redis.call('SET', key, kept .. pack('>I8', stop) .. state, 'PXAT', string.format('%.0f', math.max(expiry, left)))
  end
end
return 1
