-- Leases permits of one token bucket to a node, which spends them by itself until the lease expires.
-- KEYS[1]  hash: level (units), last (us), and by node "sequence outstanding expires granted kept"
-- ARGV     1 units of a permit, 2 units regained in a us, 3 capacity in units, 4 node,
--          5 sequence of this request, 6 sequence of the last one that was answered,
--          7 permits that the node may still spend, 8 permits that it gives back,
--          9 permits that it needs at least, 10 permits that it wants, 11 life of the lease in us,
--          or 0: what is granted counts as spent, 12 the time in us for tests, or ''
-- Returns  permits granted, 1 if what it may still spend stays valid, us left, us to wait for what it needs
-- Never level + outstanding permits of all leases > capacity: so all nodes together never spend more
-- than the bucket holds. For that, what the bucket regained meanwhile is added before the caller's
-- permits are settled. A request that arrives twice or late changes nothing.
local key = KEYS[1]
local unit, rate, capacity = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local node, sequence, before = ARGV[4], tonumber(ARGV[5]), tonumber(ARGV[6])
local held, unused = tonumber(ARGV[7]), tonumber(ARGV[8])
local need, want, life = tonumber(ARGV[9]), tonumber(ARGV[10]), tonumber(ARGV[11])

local now = tonumber(ARGV[12])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000000 + time[2]
end

local level, last = capacity, now
local leases, outstanding, nodes = {}, 0, 0
local stored = redis.call('HGETALL', key)
for i = 1, #stored, 2 do
  local field, value = stored[i], stored[i + 1]
  if field == 'level' then
    level = tonumber(value)
  elseif field == 'last' then
    last = tonumber(value)
  else
    local s, o, e, g, k = string.match(value, '^(%d+) (%d+) (%d+) (%d+) (%d)$')
    leases[field] = {
      sequence = tonumber(s), outstanding = tonumber(o), expires = tonumber(e),
      granted = tonumber(g), kept = tonumber(k)
    }
    outstanding = outstanding + leases[field].outstanding
    nodes = nodes + 1
  end
end

local back = last - now
local moved = back > 1000000
if moved then -- another server's clock: time goes on from there, and so do the leases
  for _, lease in pairs(leases) do
    lease.expires = lease.expires - back
  end
  last = now
elseif back > 0 then
  now = last
end

local mine = leases[node]
if mine and mine.sequence >= sequence then
  if mine.sequence > sequence then
    return {0, 0, 0, 0}
  end
  return {mine.granted, mine.kept, math.max(0, mine.expires - now), 0}
end

local room = capacity - outstanding * unit - level
if now - last >= math.ceil(room / rate) then
  level = level + room
else
  level = level + (now - last) * rate
end

local kept = 0
if mine then
  if mine.sequence == before then
    kept = 1
    unused = math.min(unused, mine.outstanding)
    held = math.min(held, mine.outstanding - unused)
    level = level + unused * unit
  else
    held = 0
  end
else
  held = 0
  nodes = nodes + 1
end

local values, ended = {}, {}
local function store(name, lease)
  values[#values + 1] = name
  values[#values + 1] = string.format(
    '%.0f %.0f %.0f %.0f %d', lease.sequence, lease.outstanding, lease.expires, lease.granted, lease.kept)
end

local longest = life
for name, lease in pairs(leases) do
  if name ~= node then
    if lease.expires <= now then
      ended[#ended + 1] = name
      nodes = nodes - 1
    else
      longest = math.max(longest, lease.expires - now)
      if moved then
        store(name, lease)
      end
    end
  end
end

local available = math.floor(level / unit)
local granted, wait = 0, 0
if available >= need then
  granted = math.min(available, want, math.max(need, math.ceil(available / nodes)))
else
  wait = math.ceil((need * unit - level) / rate)
end
level = level - granted * unit

if life > 0 and held + granted > 0 then
  store(node, {
    sequence = sequence, outstanding = held + granted, expires = now + life, granted = granted, kept = kept
  })
elseif mine then
  ended[#ended + 1] = node
end
if #ended > 0 then
  redis.call('HDEL', key, unpack(ended))
end
redis.call('HSET', key, 'level', string.format('%.0f', level), 'last', string.format('%.0f', now), unpack(values))
redis.call('PEXPIRE', key, string.format('%.0f', math.ceil((longest + math.ceil(capacity / rate)) / 1000) + 1))
return {granted, kept, life, wait}
