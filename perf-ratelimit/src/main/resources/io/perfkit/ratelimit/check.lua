-- Decides all rules of a plan at once: each of them is charged, or none is. Atomic.
-- KEYS the state of each rule
-- ARGV 1 '' (tests only: the time), 2 how many equal requests are to be charged, as far as there is room,
--      one after the other (0 to look), 3 id of the request's leases;
--      then for each rule, packed: kind(1) shadow(1), and in 8 bytes each cost, limit, a, b, c, d
-- Returns now(8) admitted(8), then for each rule, as after the last of them or as for the first that is
--      refused if none is admitted: code(1) remaining(8) reset(8) retry(8) time(8); code 0 admits,
--      1 spent, 2 the caller's calendar is wrong, 3 blocked; all spans in microseconds from now
-- Stored: kind(1) blocked until(8), then for kind
--      b since(8) last(8) spent(8) units(8) | l instants(8 each) | s since(8) segment(8) length(8) counts(33 * 8)
--      f since(8) end(8) used(8) | x nothing; n is a sorted set instead: leases by their end, '!' a block
-- All numbers are whole and below 2^53, which Lua counts exactly. A key lives until its permits are all
-- there again, so nothing changes when it goes. A clock that was set back by more than SKEW moves the
-- state along, which is written even by a refusal. What else stands at a key is taken for absent.
local SKEW, N = 1000000, 33
local SIZES = { b = 32, l = -1, s = 24 + 8 * N, f = 24, x = 0 }
local ceil, floor, max, min = math.ceil, math.floor, math.max, math.min
local pack, read, sub, rep = struct.pack, struct.unpack, string.sub, string.rep

local now
if ARGV[1] == '' then
  local time = redis.call('TIME')
  now = time[1] * 1000000 + time[2]
else
  now = tonumber(ARGV[1])
end

local function digits(number)
  return string.format('%.0f', number)
end

-- For each kind: from what is stored, or nil, to remaining, reset, wait (0 admits), time, and a function
-- that takes permits and gives what to store, its end, remaining and reset; then whether it was moved.
local kinds = {}

-- a: units of a permit, b: units that return each microsecond
function kinds.b(stored, cost, limit, a, b)
  local since, last, spent, moved = now, now, 0, false
  if stored then
    local units
    since, last, spent, units = read('>I8I8I8I8', stored)
    if units ~= a then
      spent = ceil(spent / units) * a
    end
    spent = min(spent, limit * a)
    moved = last - now > SKEW
    last = moved and now or last
  end
  local t = max(now, last)
  if t - last >= ceil(spent / b) then
    since, spent = t, 0
  else
    spent = spent - (t - last) * b
  end
  local lack = cost * a - (limit * a - spent)
  local wait = lack > 0 and ceil(lack / b) + t - now or 0
  return floor((limit * a - spent) / a), ceil(spent / b) + t - now, wait, t, function(permits)
    spent = spent + permits * a
    local stop = t + ceil(spent / b)
    return pack('>I8I8I8I8', since, t, spent, a), stop, floor((limit * a - spent) / a), stop - now
  end, moved
end

-- The kinds that are rarer, made when they are needed: a script begins anew each time it runs.
local function others()
  -- a: length of the window
  function kinds.l(stored, cost, limit, a)
    local instants = stored or ''
    local count = #instants / 8
    local newest = count > 0 and read('>I8', instants, #instants - 7) or now
    local moved = newest - now > SKEW
    if moved then
      local later = {}
      for i = 1, count do
        later[i] = pack('>I8', max(0, read('>I8', instants, i * 8 - 7) - (newest - now)))
      end
      instants, newest = table.concat(later), now
    end
    local t = max(now, newest)
    local gone = 0
    while gone < count and read('>I8', instants, gone * 8 + 1) <= t - a do
      gone = gone + 1
    end
    local live = count - gone
    local lack = live + cost - limit
    local wait = lack > 0 and read('>I8', instants, (gone + lack) * 8 - 7) + a - now or 0
    return max(0, limit - live), live > 0 and newest + a - now or 0, wait, t, function(permits)
      local stop = (permits > 0 and t or newest) + a
      return sub(instants, gone * 8 + 1) .. rep(pack('>I8', t), permits), stop, limit - live - permits, stop - now
    end, moved
  end

  -- a: length of a segment
  function kinds.s(stored, cost, limit, a)
    local segment, since, counts, moved = floor(now / a), now, {}, false
    if stored then
      local last, length
      since, last, length = read('>I8I8I8', stored)
      counts = { read('>' .. rep('I8', N), stored, 25) }
      counts[N + 1] = nil -- where reading ended
      moved = length ~= a or last * length - now > SKEW
      if moved then -- other settings or another clock: as if all had just been admitted
        for i = 1, N - 1 do
          counts[N] = counts[N] + counts[i]
          counts[i] = 0
        end
      else
        local passed = max(0, segment - last)
        segment = max(segment, last)
        for i = 1, N do
          counts[i] = counts[i + passed] or 0
        end
      end
    else
      for i = 1, N do
        counts[i] = 0
      end
    end
    local live, newest = 0, 0
    for i = 1, N do
      if counts[i] > 0 then
        live, newest = live + counts[i], i
      end
    end
    local t = max(now, segment * a)
    since = live > 0 and since or t
    local wait, lack = 0, cost - (limit - live)
    if lack > 0 then
      local i = 0
      while lack > 0 do
        i = i + 1
        lack = lack - counts[i]
      end
      wait = (segment + i) * a - now
    end
    return max(0, limit - live), newest > 0 and (segment + newest) * a - now or 0, wait, t, function(permits)
      counts[N] = counts[N] + permits
      for i = 1, N do
        counts[i] = pack('>I8', counts[i])
      end
      local stop = (segment + N) * a
      return pack('>I8I8I8', since, segment, a) .. table.concat(counts), stop, limit - live - permits, stop - now
    end, moved
  end

  -- stop: end of the window that the server's clock is in, length: its length
  local function window(stored, cost, limit, stop, length)
    local since, used, moved = now, 0, false
    if stored then
      local last, ended, spent = read('>I8I8I8', stored)
      if ended > now then
        since, used = last, spent
        moved = ended - now > length + SKEW
        stop = moved and stop or ended
      end
    end
    local wait = cost > limit - used and stop - now or 0
    return max(0, limit - used), used > 0 and stop - now or 0, wait, now, function(permits)
      return pack('>I8I8I8', since, stop, used + permits), stop, limit - used - permits, stop - now
    end, moved
  end

  -- a: length of a window
  function kinds.f(stored, cost, limit, a)
    return window(stored, cost, limit, (floor(now / a) + 1) * a, a)
  end

  -- a to d: three intervals of the calendar that follow one another, one of which should be now
  function kinds.c(stored, cost, limit, a, b, c, d)
    if now < b then
      return window(stored, cost, limit, b, b - a)
    elseif now < c then
      return window(stored, cost, limit, c, c - b)
    end
    return window(stored, cost, limit, d, d - c)
  end

  -- a: longest life of a lease; stored: the key
  function kinds.n(key, cost, limit, a)
    local from = '(' .. digits(now)
    local live = redis.pcall('ZCOUNT', key, from, '+inf')
    local foreign = type(live) ~= 'number'
    local blocked = not foreign and live > 0 and tonumber(redis.call('ZSCORE', key, '!') or 0) or 0
    live = foreign and 0 or blocked > now and live - 1 or live
    local top = live > 0 and tonumber(redis.call('ZREVRANGE', key, 0, 0, 'WITHSCORES')[2]) or now
    local lack, wait = live + cost - limit, 0
    if lack > 0 then
      wait = redis.call('ZRANGEBYSCORE', key, from, '+inf', 'WITHSCORES', 'LIMIT', lack - 1, 1)[2] - now
    end
    return max(0, limit - live), top - now, wait, now, function(permits)
      if foreign then
        redis.call('UNLINK', key)
      end
      redis.call('ZREMRANGEBYSCORE', key, '-inf', digits(now))
      for i = 1, permits do
        redis.call('ZADD', key, digits(now + a), ARGV[3] .. i)
      end
      local stop = max(top, now + a)
      redis.call('PEXPIREAT', key, digits(ceil(stop / 1000)))
      return nil, stop, limit - live - permits, stop - now
    end, false, blocked
  end
end

local rules, times = {}, tonumber(ARGV[2])
local admitted = times
for i, key in ipairs(KEYS) do
  local kind, shadow, cost, limit, a, b, c, d = read('>c1c1I8I8I8I8I8I8', ARGV[i + 3])
  local stored, blocked, name = key, 0, kind
  if kind == 'c' then
    name = 'f'
    if now < a or now >= d then
      return pack('>I8I8BI8I8I8I8', now, 0, 2, 0, 0, 0, 0)
    end
  end
  if kind ~= 'n' then
    stored = redis.pcall('GET', key)
    local first = type(stored) == 'string' and sub(stored, 1, 1)
    local size = SIZES[first]
    local fits = size and (#stored - 9 == size or size < 0 and #stored % 8 == 1)
    blocked = fits and read('>I8', stored, 2) or 0
    stored = fits and blocked < 2 ^ 53 and first == name and sub(stored, 10)
    blocked = blocked < 2 ^ 53 and blocked or 0
  end
  if kind ~= 'b' then
    others()
  end
  local remaining, reset, wait, time, take, moved, inSet = kinds[kind](stored, cost, limit, a, b, c, d)
  blocked = inSet or blocked
  local code = wait > 0 and 1 or 0
  if blocked > now then
    code, wait = 3, max(wait, blocked - now)
  end
  local room = code == 0 and floor(remaining / cost) or 0
  if shadow == '0' then
    admitted = min(admitted, room)
  end
  rules[i] = { name, code, remaining, reset, wait, time, take, moved, cost, blocked, room }
end

local reply = pack('>I8I8', now, admitted)
for i, rule in ipairs(rules) do
  local name, code, remaining, reset, wait, time, take, moved, cost, blocked, room = unpack(rule)
  local charged = min(admitted, room)
  if times > 0 and (charged > 0 or moved) then
    local stored, stop
    stored, stop, remaining, reset = take(charged * cost)
    if stored then
      blocked = blocked > now and blocked or 0
      redis.call('SET', KEYS[i], name .. pack('>I8', blocked) .. stored, 'PXAT',
        digits(ceil(max(stop, blocked) / 1000)))
    end
  end
  reply = reply .. pack('>BI8I8I8I8', code, remaining, reset, wait, time)
end
return reply
