-- Holds permits of kind n for their whole time again, from now on: all of them, or none. Atomic.
-- KEYS the state of each rule
-- ARGV 1 '' (tests only: the time), 2 id of the request's leases; then for each rule, packed as for
--      check.lua
-- Returns 1, or 0 if one of them is not held any more. Stored as check.lua says.
local read, format = struct.unpack, string.format
local now
if ARGV[1] == '' then
  local time = redis.call('TIME')
  now = time[1] * 1000000 + time[2]
else
  now = tonumber(ARGV[1])
end
for i, key in ipairs(KEYS) do
  local _, _, cost = read('>c1c1I8', ARGV[i + 2])
  for j = 1, cost do
    local stop = redis.pcall('ZSCORE', key, ARGV[2] .. j)
    if type(stop) ~= 'string' or tonumber(stop) <= now then
      return 0
    end
  end
end
for i, key in ipairs(KEYS) do
  local _, _, cost, _, a = read('>c1c1I8I8I8', ARGV[i + 2])
  for j = 1, cost do
    redis.call('ZADD', key, format('%.0f', now + a), ARGV[2] .. j)
  end
  local top = tonumber(redis.call('ZREVRANGE', key, 0, 0, 'WITHSCORES')[2])
  redis.call('PEXPIREAT', key, format('%.0f', math.ceil(top / 1000)))
end
return 1
