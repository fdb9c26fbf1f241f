-- Gives back what an admitted request took, as far as it has not come back by itself. Atomic.
-- KEYS the state of each rule that was charged
-- ARGV 1 '' (tests only: the time), 2 id of the request's leases; then for each rule, packed as for
--      check.lua but without c and d, the permits that were charged and not refunded before instead of
--      the limit, and 8 bytes: the time at which it was charged
-- Returns 1. What began later than the charge (since) is none of it: then nothing is given back.
-- A bucket gets back what is left of the charge if that alone is taken to have returned since, as far as it is
-- to be refunded: it can't have been less. So what was not refunded keeps within the limit.
-- What is carried from another policy (check.lua) stays as it is.
local N, SIZES = 33, { b = 40, l = -1, s = 24 + 8 * 33, f = 32 }
local ceil, floor, max, min = math.ceil, math.floor, math.max, math.min
local pack, read, sub = struct.pack, struct.unpack, string.sub

local now
if ARGV[1] == '' then
  local time = redis.call('TIME')
  now = time[1] * 1000000 + time[2]
else
  now = tonumber(ARGV[1])
end

-- For each kind: what is stored after the refund, or nil if that changes nothing.
local kinds = {}

function kinds.b(stored, charged, cost, a, b, whole)
  local since, last, spent, units, rate = read('>I8I8I8I8I8', stored)
  local t = max(now, last)
  if units ~= a or rate ~= b or charged < since or charged > t or t - charged >= ceil(whole * a / b) then
    return nil
  end
  spent = max(0, spent - min(cost * a, whole * a - (t - charged) * b))
  return pack('>I8I8I8I8I8', since, last, spent, a, b)
end

function kinds.l(stored, charged, cost, a)
  if read('>I8', stored) ~= a then
    return nil
  end
  local kept, left = { sub(stored, 1, 8) }, cost
  for at = 9, #stored, 8 do
    local instant = sub(stored, at, at + 7)
    if left > 0 and read('>I8', instant) == charged then
      left = left - 1
    else
      kept[#kept + 1] = instant
    end
  end
  return table.concat(kept)
end

function kinds.s(stored, charged, cost, a)
  local since, segment, length = read('>I8I8I8', stored)
  local at = N - segment + floor(charged / a)
  if length ~= a or charged < since or at < 1 or at > N then
    return nil
  end
  local count = read('>I8', stored, 17 + at * 8)
  return sub(stored, 1, 16 + at * 8) .. pack('>I8', max(0, count - cost)) .. sub(stored, 25 + at * 8)
end

function kinds.f(stored, charged, cost)
  local since, stop, used, length = read('>I8I8I8I8', stored)
  if charged < since or charged >= stop then
    return nil
  end
  return pack('>I8I8I8I8', since, stop, max(0, used - cost), length)
end

-- Holds first: a full Redis takes ZREM, and takes SET only from a script that has written before.
for i, key in ipairs(KEYS) do
  local kind, _, cost = read('>c1c1I8', ARGV[i + 2])
  if kind == 'n' then
    for j = 1, cost do
      redis.pcall('ZREM', key, ARGV[2] .. j)
    end
  end
end

for i, key in ipairs(KEYS) do
  local kind, _, cost, whole, a, b, charged = read('>c1c1I8I8I8I8I8', ARGV[i + 2])
  kind = kind == 'c' and 'f' or kind
  if kind ~= 'n' then
    local stored = redis.pcall('GET', key)
    local first = type(stored) == 'string' and sub(stored, 1, 1)
    local size = first and string.lower(first) == kind and SIZES[kind]
    local carried = first ~= kind and 16 or 0
    if size and (#stored - 9 - carried == size or size < 0 and #stored % 8 == 1) then
      local after = kinds[kind](sub(stored, 10, #stored - carried), charged, cost, a, b, whole)
      if after then
        redis.call('SET', key, sub(stored, 1, 9) .. after .. sub(stored, #stored - carried + 1), 'KEEPTTL')
      end
    end
  end
end
return 1
