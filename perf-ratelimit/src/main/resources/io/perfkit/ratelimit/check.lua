-- Decides asks one after the other; of each ask all rules are charged at once, or none is. Atomic.
-- KEYS the state of each rule of each ask
-- ARGV 1 '' (tests only: the time), 2 the asks, one packed behind the other: number of its rules(1), how many
--      equal requests are to be charged, as far as there is room, one after the other (4; 0 to look);
--      then for each rule kind(1) mode(1), and in 8 bytes each cost, limit, a, b, and for kind c also
--      c, d; mode 0 refuses, 1 (a shadow) does not, 2 is charged whether or not there is room (never for
--      kind n, and a window not more than its limit); 3 and on: for each ask the id of its leases, or nothing at all if all rules are buckets
-- Returns now(8), then for each rule, as after the last request that is admitted, or as for the first
--      that is refused if none is: admitted(4), the same for all rules of an ask, code(1) remaining(8)
--      reset(8) retry(8) time(8); code 0 admits, 1 spent, 2 the caller's calendar is wrong and the ask is
--      not decided, 3 blocked; all spans in microseconds from now
-- Stored: kind(1) blocked until(8), then for kind
--      b since(8) last(8) spent(8) units(8) rate(8) | l length(8) instants(8 each)
--      s since(8) segment(8) length(8) counts(33 * 8) | f since(8) end(8) used(8) length(8) | x nothing
--      and behind that, if the kind is in upper case, permits(8) until(8) that are carried; n is a sorted set
--      instead: leases by their end, '!' a block, '~' until when permits are carried, '#' minus how many
-- Carried is what was spent under another policy of the same name, while nodes of two versions run: it counts as
-- spent until all of it is back by the rules under which it was spent. So whatever kinds and sizes meet, nothing
-- is forgotten, and no node admits more than its own limit holds beside what all others did.
-- All numbers are whole and below 2^53, which Lua counts exactly and Redis writes with all digits. A key
-- lives until its permits are all there again, so nothing changes when it goes. A clock that was set back
-- by more than SKEW moves the state along, which is written even by a refusal. What else stands at a key is
-- taken for absent.
-- A script begins anew each time it runs, and a function or a table costs as much as a command: so
-- buckets have none of their own, and what is for other kinds, or for a state of other settings, is made only if
-- there is one. A call of a function costs too: on a bucket's way x - x % n stands for floor(x / n) * n, exactly.
local SKEW, N = 1000000, 33
local ceil, floor, max, min = math.ceil, math.floor, math.max, math.min
local pack, read, call, try = struct.pack, struct.unpack, redis.call, redis.pcall

local now
if ARGV[1] == '' then
  local time = call('TIME')
  now = time[1] * 1000000 + time[2]
else
  now = tonumber(ARGV[1])
end

local known -- a function, from when it is needed

-- For each kind but buckets: from what is stored, or nil, to remaining, reset, wait (0 admits), time, and a
-- function that takes permits and gives what to store, its end, remaining and reset; then whether it was
-- moved, and until when it is blocked if that is not said in front of what is stored.
local kinds, ask = nil, 0
if #ARGV > 2 then
  local sub, rep, format = string.sub, string.rep, string.format
  kinds = {}

  -- a: length of the window
  function kinds.l(stored, cost, limit, a)
    local instants = stored and sub(stored, 9) or ''
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
      local kept = sub(instants, gone * 8 + 1) .. rep(pack('>I8', t), permits)
      if permits > limit - live then
        kept = sub(kept, -8 * limit) -- the latest alone decide: older ones leave the window before them
      end
      return pack('>I8', a) .. kept, stop, limit - live - permits, stop - now
    end, moved
  end

  -- a: length of a segment
  function kinds.s(stored, cost, limit, a)
    local segment, since, counts, moved = floor(now / a), now, {}, false
    if stored then
      local last
      since, last = read('>I8I8', stored)
      counts = { read('>' .. rep('I8', N), stored, 25) }
      counts[N + 1] = nil -- where reading ended
      moved = last * a - now > SKEW
      if moved then -- another clock: as if all had just been admitted
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
      counts[N] = min(counts[N] + permits, max(counts[N], limit))
      for i = 1, N do
        counts[i] = pack('>I8', counts[i])
      end
      local stop = (segment + N) * a
      return pack('>I8I8I8', since, segment, a) .. table.concat(counts), stop, limit - live - permits, stop - now
    end, moved
  end

  -- stop: end of the window that the server's clock is in, length: its length
  local function window(stored, cost, limit, stop, length)
    local since, used, moved, also, till = now, 0, false, 0, 0
    if stored then
      local last, ended, spent, lasts = read('>I8I8I8I8', stored)
      if ended > now and ended ~= stop and lasts ~= length then -- another policy's window
        also, till = spent, min(ended, now + lasts)
      elseif ended > now then
        since, used = last, spent
        moved = ended - now > lasts + SKEW
        stop = moved and stop or ended
      end
    end
    local wait = cost > limit - used and stop - now or 0
    return max(0, limit - used), used > 0 and stop - now or 0, wait, now, function(permits)
      return pack('>I8I8I8I8', since, stop, min(used + permits, max(used, limit)), length), stop, limit - used - permits, stop - now
    end, moved, nil, also, till
  end

  -- a: length of a window
  function kinds.f(stored, cost, limit, a)
    return window(stored, cost, limit, (floor(now / a) + 1) * a, a)
  end

  -- a to d: three intervals of the calendar that follow one another, one of which should be now
  function kinds.c(stored, cost, limit, a, b, c, d)
    if now < a or now >= d then
      return nil
    elseif now < b then
      return window(stored, cost, limit, b, b - a)
    elseif now < c then
      return window(stored, cost, limit, c, c - b)
    end
    return window(stored, cost, limit, d, d - c)
  end

  -- a: longest life of a lease; stored: the key
  function kinds.n(key, cost, limit, a)
    local from = format('(%.0f', now)
    local live = redis.pcall('ZCOUNT', key, from, '+inf')
    local foreign = type(live) ~= 'number'
    local blocked, carried, upto = 0, 0, 0
    if foreign then
      live = 0
      local _
      _, blocked, carried, upto = known(redis.pcall('GET', key), 'n', a, 0, key)
    elseif live > 0 then
      local marks = redis.call('ZMSCORE', key, '!', '~', '#')
      blocked, upto = tonumber(marks[1] or 0), tonumber(marks[2] or 0)
      if upto > now then
        live, carried = live - 1, -tonumber(marks[3] or 0)
      end
      live = blocked > now and live - 1 or live
    end
    local top = not foreign and live > 0 and tonumber(redis.call('ZREVRANGE', key, 0, 0, 'WITHSCORES')[2]) or now
    local lack, wait = live + cost - limit, 0
    if lack > 0 then
      wait = redis.call('ZRANGEBYSCORE', key, from, '+inf', 'WITHSCORES', 'LIMIT', lack - 1, 1)[2] - now
    end
    return max(0, limit - live), top - now, wait, now, function(permits)
      if foreign then
        redis.call('UNLINK', key)
        if blocked > now then
          redis.call('ZADD', key, format('%.0f', blocked), '!')
        end
        if carried > 0 then
          redis.call('ZADD', key, format('%.0f', upto), '~', format('%.0f', -carried), '#')
        end
      end
      redis.call('ZREMRANGEBYSCORE', key, 0, now)
      for i = 1, permits do
        redis.call('ZADD', key, now + a, ARGV[ask + 2] .. i)
      end
      local stop = max(top, now + a)
      redis.call('PEXPIREAT', key, ceil(max(stop, blocked, upto) / 1000))
      return nil, stop, limit - live - permits, stop - now
    end, false, blocked, carried, upto
  end
end

local reply, key, place, seen = pack('>I8', now), 0, 1, nil
local KEYS, asks = KEYS, ARGV[2]
local kind, shadow, cost, limit, a, b, c, d
local stored, blocked, since, last, spent, units, rate, time, moved, take, carried, upto
local code, remaining, reset, wait, room, stop
while place <= #asks do
  local rules, times
  rules, times, place = read('>BI4', asks, place)
  local admitted, first = times, key
  ask = ask + 1
  for i = 1, rules do
    key = key + 1
    kind, shadow, cost, limit, a, b, place = read('>c1c1I8I8I8I8', asks, place)
    stored, blocked, since, spent, time, moved, carried =
      kind ~= 'n' and try('GET', KEYS[key]), 0, now, 0, now, false, 0
    local plain = kind == 'b' and not stored -- a bucket that is full, or has the settings of the rule
    if kind == 'b' and stored and #stored == 49 then
      plain, blocked, since, last, spent, units, rate = read('>c1I8I8I8I8I8I8', stored)
      plain = plain == 'b' and units == a and rate == b and blocked < 2 ^ 53
    end
    if not plain and not known then
      -- What is stored under the settings of a rule, or nil; until when it is blocked; permits that are carried,
      -- and until when. a and b as of the rule.
      known = function(stored, kind, a, b, key)
        if type(stored) ~= 'string' then
          local live = stored and kind ~= 'n' and redis.pcall('ZCOUNT', key, string.format('(%.0f', now), '+inf')
          if type(live) ~= 'number' or live == 0 then
            return nil, 0, 0, 0
          end
          local marks = redis.call('ZMSCORE', key, '!', '~', '#')
          local blocked, upto = tonumber(marks[1] or 0), tonumber(marks[2] or 0)
          live = live - (blocked > now and 1 or 0) - (upto > now and 1 or 0)
          local carried = upto > now and -tonumber(marks[3] or 0) or 0
          local top = tonumber(redis.call('ZREVRANGE', key, 0, 0, 'WITHSCORES')[2])
          return nil, blocked, live + carried, live + carried > 0 and top or 0
        end
        local sub, letter, size, carried, upto = string.sub, string.sub(stored, 1, 1), #stored - 9, 0, 0
        local first = string.lower(letter)
        if first ~= letter then
          size = size - 16
        end
        local sizes = { b = 40, l = max(8, size - size % 8), s = 24 + 8 * N, f = 32, x = 0 }
        if size < 0 or size ~= sizes[first] then
          return nil, 0, 0, 0
        end
        local blocked = read('>I8', stored, 2)
        if blocked >= 2 ^ 53 then
          return nil, 0, 0, 0
        end
        if first ~= letter then
          carried, upto = read('>I8I8', stored, size + 10)
          if upto <= now then
            carried, upto = 0, 0
          end
        end
        local state = sub(stored, 10, 9 + size)
        local same = first == kind
        if same and kind == 'b' then
          local _, _, _, units, rate = read('>I8I8I8I8I8', state)
          same = units == a and rate == b
        elseif same and kind == 'l' then
          same = read('>I8', state) == a
        elseif same and kind == 's' then
          same = read('>I8', state, 17) == a
        end
        if same then
          return state, blocked, carried, upto
        end
        local permits, stop = 0, 0 -- that the other policy's rule still holds, and until when
        if first == 'b' then
          local _, last, spent, units, rate = read('>I8I8I8I8I8', state)
          local t = last - now > SKEW and now or max(now, last)
          local back = max(0, t - last)
          if back < ceil(spent / rate) then
            spent = spent - back * rate
            permits, stop = ceil(spent / units), t + ceil(spent / rate)
          end
        elseif first == 'l' then
          local length = read('>I8', state)
          for at = 9, #state, 8 do
            local ends = read('>I8', state, at) + length
            if ends > now then
              permits, stop = permits + 1, max(stop, min(ends, now + length))
            end
          end
        elseif first == 's' then
          local _, segment, length = read('>I8I8I8', state)
          for i = 1, N do
            local count, ends = read('>I8', state, 17 + i * 8), (segment + i) * length
            if count > 0 and ends > now then
              permits, stop = permits + count, max(stop, min(ends, now + (N + 1) * length))
            end
          end
        elseif first == 'f' then
          local _, ends, used, length = read('>I8I8I8I8', state)
          if ends > now then
            permits, stop = used, min(ends, now + length)
          end
        end
        return nil, blocked, carried + permits, max(upto, stop)
      end
    end
    if kind == 'b' then -- a: units of a permit, b: units that return each microsecond
      if stored then
        if not plain then
          local state
          state, blocked, carried, upto = known(stored, 'b', a, b, KEYS[key])
          since, spent = now, 0
          if state then
            since, last, spent = read('>I8I8I8', state)
          end
          stored = state
        end
        if stored then
          if last > now then
            moved = last - now > SKEW
            time = moved and now or last
          end
          local back = moved and 0 or (time - last) * b -- exact as far as it is less than spent
          if back >= spent then
            since, spent = time, 0
          else
            spent = spent - back
          end
        end
      end
      local lack = (cost - limit) * a + spent
      wait = lack > 0 and ceil(lack / b) + time - now or 0
      remaining = limit * a - spent
      remaining = remaining > 0 and (remaining - remaining % a) / a or 0
    else
      if kind == 'n' then
        stored = KEYS[key]
      else
        stored, blocked, carried, upto = known(stored, kind == 'c' and 'f' or kind, a, b, KEYS[key])
      end
      if kind == 'c' then
        c, d, place = read('>I8I8', asks, place)
      end
      local inSet, also, till
      remaining, reset, wait, time, take, moved, inSet, also, till = kinds[kind](stored, cost, limit, a, b, c, d)
      blocked = inSet or blocked
      if also and also > 0 then
        carried, upto = carried + also, max(upto or 0, till)
      end
    end
    if carried > 0 and remaining then
      remaining = max(0, remaining - carried)
      if cost > remaining then
        wait = max(wait, upto - now)
      end
    end
    if not remaining then
      code, remaining, reset, wait, time, room, admitted = 2, 0, 0, 0, 0, 0, 0
    elseif wait == 0 and blocked <= now then
      code, room = 0, (remaining - remaining % cost) / cost
    else
      code, room = 1, 0
      if blocked > now then
        code, wait = 3, max(wait, blocked - now)
      end
      if shadow == '2' then
        room = 1
      end
    end
    if shadow == '0' and room < admitted then
      admitted = room
    end
    if rules > 1 then
      seen = seen or {}
      seen[i] =
        { kind, code, remaining, reset, wait, time, take, moved, cost, limit, a, b, blocked, room, since, spent,
          carried, upto }
    end
  end
  for i = 1, rules do
    if rules > 1 then
      kind, code, remaining, reset, wait, time, take, moved, cost, limit, a, b, blocked, room, since, spent,
        carried, upto = unpack(seen[i], 1, 18)
    end
    if room > admitted then
      room = admitted
    end
    local charged = times > 0 and (room > 0 or moved)
    blocked = blocked > now and blocked or 0
    if kind == 'b' then
      if room > 0 then
        spent = spent + room * cost * a
        remaining = limit * a - spent
        if remaining < 0 then -- no more debt than is counted exactly, and is back after the longest span
          spent, remaining = min(spent, max(limit * a, min(316224000000000 * b, 2 ^ 53 - 1 - b))), 0
        end
        remaining = (remaining - remaining % a) / a
        if carried > 0 then
          remaining = max(0, remaining - carried)
        end
      end
      stop = time + (spent + -spent % b) / b
      reset = stop - now
      stored = charged and pack('>c1I8I8I8I8I8I8', kind, blocked, since, time, spent, a, b)
    elseif charged then
      stored, stop, remaining, reset = take(room * cost)
      stored = stored and (kind == 'c' and 'f' or kind) .. pack('>I8', blocked) .. stored
      remaining = max(0, remaining - carried)
    end
    if carried > 0 then
      reset = max(reset, upto - now)
    end
    if charged and stored then
      if carried > 0 then
        stored = string.upper(string.sub(stored, 1, 1)) .. string.sub(stored, 2) .. pack('>I8I8', carried, upto)
        stop = max(stop, upto)
      end
      stop = blocked > stop and blocked or stop
      call('SET', KEYS[first + i], stored, 'PXAT', (stop + -stop % 1000) / 1000)
    end
    reply = reply .. pack('>I4BI8I8I8I8', admitted, code, remaining, reset, wait, time)
  end
end
return reply
