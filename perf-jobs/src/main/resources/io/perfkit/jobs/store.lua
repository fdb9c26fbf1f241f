-- One operation on the jobs of an application. Atomic. Touches at most about 1,000 jobs.
-- KEYS 1 the leases; the other keys share its slot and are derived from ARGV 1
-- ARGV 1 head of all keys, 2 operation, 3 '' (tests only: the time in microseconds), 4... as the operation says
-- Stored: docs/reference/redis-keys.md. Times are microseconds of the server.
-- Invariants
-- R1  a job waits in exactly one list or set, or is in one hash of owned jobs; its record is in jobs as long.
-- R2  the field of a hash of owned jobs is the fence: a call that deletes it, by its token, ends the claim.
-- R3  a keyed job is ready, parked or owned only while it holds its key; one that is put back keeps it.
-- R4  an operation that frees memory runs in a full Redis: its first write is one that Redis never refuses then.
local head, op = ARGV[1], ARGV[2]
local now
if ARGV[3] == '' then
  local time = redis.call('TIME')
  now = time[1] * 1000000 + time[2]
else
  now = tonumber(ARGV[3])
end
local leases, jobs, tries, letters = KEYS[1], head .. 'jobs', head .. 'tries', head .. 'letters'
local STEP = 1000
local touched, killed = {}, 0
local at = 4

local function arg()
  at = at + 1
  return ARGV[at - 1]
end
local function text(n)
  return string.format('%.0f', n)
end
local function count(queue, field, by)
  redis.call('HINCRBY', head .. 'c:' .. queue, field, by)
end
local function ready(queue, priority)
  return head .. 'r:' .. queue .. ':' .. priority
end
local function owned(owner, queue)
  return head .. 'w:' .. owner .. ':' .. queue
end
-- priority, flags, type, queue and where the rest begins, of a stored record
local function parts(value)
  local _, priority, flags, kind, queue, rest = struct.unpack('>BBBBc0Bc0', value, 9)
  return priority, flags, kind, queue, rest
end
-- key, its limit, unique name
local function names(value)
  local _, flags, _, _, rest = parts(value)
  local limit, key, unique
  rest = rest + 4
  if flags % 2 == 1 then
    limit, key, rest = struct.unpack('>I4Hc0', value, rest)
  end
  if math.floor(flags / 2) % 2 == 1 then
    unique = struct.unpack('>Hc0', value, rest)
  end
  return key, limit, unique, flags
end
local function tried(id)
  local value = redis.call('HGET', tries, id)
  if not value then
    return 0, 0, 0
  end
  local attempt, crashes, holds = string.match(value, '^(%d+) (%d+) (%d)')
  return tonumber(attempt), tonumber(crashes), tonumber(holds)
end
local function waiting(queue)
  local n = redis.call('ZCARD', head .. 'd:' .. queue) + tonumber(redis.call('GET', head .. 'kn:' .. queue) or 0)
  for priority = 0, 3 do
    n = n + redis.call('LLEN', ready(queue, priority))
  end
  for _, kind in ipairs(redis.call('SMEMBERS', head .. 'pt:' .. queue)) do
    n = n + redis.call('LLEN', head .. 'p:' .. queue .. ':' .. kind)
  end
  return n
end
local function wake(queue)
  local list = head .. 'wake:' .. queue
  if redis.call('LLEN', list) == 0 then
    redis.call('RPUSH', list, queue)
  end
end
-- a job whose time has come goes where it waits
local function due(queue, id, value, holds)
  if not value then
    return
  end
  local priority, flags, _, _, rest = parts(value)
  local list = ready(queue, priority)
  touched[queue] = true
  if flags % 2 == 0 then
    redis.call('RPUSH', list, id)
  elseif holds then
    redis.call('LPUSH', list, id)
  else
    local limit, key = struct.unpack('>I4Hc0', value, rest + 4)
    local line = head .. 'kw:' .. queue .. ':' .. key
    local held = tonumber(redis.call('HGET', head .. 'kh:' .. queue, key) or 0)
    if held < limit and redis.call('LLEN', line) == 0 then
      redis.call('HINCRBY', head .. 'kh:' .. queue, key, 1)
      redis.call('RPUSH', list, id)
    else
      redis.call('RPUSH', line, id)
      redis.call('INCR', head .. 'kn:' .. queue)
    end
  end
end
-- gives a key to the jobs that wait for it
local function free_key(queue, key)
  local holders, line = head .. 'kh:' .. queue, head .. 'kw:' .. queue .. ':' .. key
  local held = redis.call('HINCRBY', holders, key, -1)
  local id = redis.call('LINDEX', line, 0)
  while id do
    local value = redis.call('HGET', jobs, id)
    local priority, _, _, _, rest = parts(value)
    if held >= struct.unpack('>I4', value, rest + 4) then
      break
    end
    redis.call('LPOP', line)
    redis.call('DECR', head .. 'kn:' .. queue)
    held = redis.call('HINCRBY', holders, key, 1)
    redis.call('RPUSH', ready(queue, priority), id)
    touched[queue] = true
    id = redis.call('LINDEX', line, 0)
  end
  if held <= 0 then
    redis.call('HDEL', holders, key)
  end
end
-- forgets a job that ended
local function forget(queue, id, value, holds)
  if not value then
    return
  end
  redis.call('HDEL', jobs, id)
  redis.call('HDEL', tries, id)
  local key, _, unique, flags = names(value)
  if unique and math.floor(flags / 4) % 2 == 0 then
    local taken = head .. 'u:' .. queue .. ':' .. unique
    if redis.call('GET', taken) == id then
      redis.call('DEL', taken)
    end
  end
  if key and holds then
    free_key(queue, key)
  end
end
local function put_back(queue, id, value, attempt, crashes, delay)
  if not value then
    return
  end
  local priority, flags = parts(value)
  redis.call('HSET', tries, id, attempt .. ' ' .. crashes .. ' ' .. flags % 2 .. ' ' .. text(now + delay))
  if delay > 0 then
    redis.call('ZADD', head .. 'd:' .. queue, text(now + delay), id)
  else
    redis.call('LPUSH', ready(queue, priority), id)
    touched[queue] = true
  end
end
local function bury(queue, id, value, reason, failure, attempt, crashes)
  if not value then
    return
  end
  killed = killed + 1
  local died = now + killed
  count(queue, 'dead', 1)
  redis.call('HSET', letters, id, struct.pack('>BBI4I4dI4', 1, reason, attempt, crashes, died, #failure)
    .. failure .. string.sub(value, 9))
  redis.call('ZADD', head .. 'dead:' .. queue, text(died), id)
end
-- of a token: claim, place, attempt, crashes, flags
local function token_parts(token)
  local claim, place, attempt, crashes, flags = string.match(token, '^(%d+) (%d+) (%d+) (%d+) (.)$')
  return tonumber(claim), tonumber(place), tonumber(attempt), tonumber(crashes), string.byte(flags) - 48
end
-- up to STEP owned jobs as { id, token, claim, place }, the last one first, so that each may go to the front
local function in_reverse(hash, only)
  local flat, cursor = {}, '0'
  if redis.call('HLEN', hash) <= STEP or only then
    flat = redis.call('HGETALL', hash)
  else
    repeat
      local page = redis.call('HSCAN', hash, cursor, 'COUNT', 200)
      cursor = page[1]
      for _, item in ipairs(page[2]) do
        flat[#flat + 1] = item
      end
    until cursor == '0' or #flat >= STEP
  end
  local found = {}
  for i = 1, #flat, 2 do
    local claim, place = token_parts(flat[i + 1])
    if not only or claim == only then
      found[#found + 1] = { flat[i], flat[i + 1], claim, place }
    end
  end
  table.sort(found, function(a, b)
    return a[3] > b[3] or a[3] == b[3] and a[4] > b[4]
  end)
  return found
end
local function give_back(owner, queue, only)
  local hash = owned(owner, queue)
  local back = in_reverse(hash, only)
  for _, job in ipairs(back) do
    redis.call('HDEL', hash, job[1])
    local _, _, attempt, crashes = token_parts(job[2])
    put_back(queue, job[1], redis.call('HGET', jobs, job[1]), attempt - 1, crashes, 0)
  end
  if #back > 0 then
    count(queue, 'returned', #back)
  end
  return redis.call('HLEN', hash)
end
local function queues()
  return redis.call('SMEMBERS', head .. 'queues')
end
local function live(owner)
  local score = redis.call('ZSCORE', leases, owner)
  return score and tonumber(score) > 0
end
local function finish()
  for queue in pairs(touched) do
    wake(queue)
  end
end

if op == 'enqueue' then
  local queue, capacity, n = arg(), tonumber(arg()), tonumber(arg())
  local free = capacity - waiting(queue)
  local answers, stored, seen = {}, 0, {}
  local records, lists, ids = {}, { {}, {}, {}, {} }, {}
  for i = 1, n do
    ids[i] = ARGV[at + 4 * (i - 1)]
  end
  local known = redis.call('HMGET', jobs, unpack(ids))
  local function flush()
    if #records > 0 then
      redis.call('HSET', jobs, unpack(records))
      touched[queue] = true
      for priority = 0, 3 do
        if #lists[priority + 1] > 0 then
          redis.call('RPUSH', ready(queue, priority), unpack(lists[priority + 1]))
        end
      end
      records, lists = {}, { {}, {}, {}, {} }
    end
  end
  for i = 1, n do
    local id, record, delay, window = arg(), arg(), tonumber(arg()), tonumber(arg())
    if known[i] or seen[id] then
      answers[i] = id
    else
      local flags, value = string.byte(record, 3), nil
      local taken
      if flags > 1 then
        value = struct.pack('>d', now + delay) .. record
        local _, _, unique = names(value)
        taken = unique and head .. 'u:' .. queue .. ':' .. unique
      end
      local earlier = taken and redis.call('GET', taken)
      if earlier then
        answers[i] = earlier
      elseif stored >= free then
        answers[i] = ''
      else
        if taken and window > 0 then
          redis.call('SET', taken, id, 'PX', window)
        elseif taken then
          redis.call('SET', taken, id)
        end
        seen[id] = true
        stored = stored + 1
        answers[i] = 1
        value = value or struct.pack('>d', now + delay) .. record
        if delay > 0 then
          redis.call('HSET', jobs, id, value)
          redis.call('ZADD', head .. 'd:' .. queue, text(now + delay), id)
        elseif flags % 2 == 1 then
          flush()
          redis.call('HSET', jobs, id, value)
          due(queue, id, value, false)
        else
          records[#records + 1] = id
          records[#records + 1] = value
          local list = lists[string.byte(record, 2) + 1]
          list[#list + 1] = id
        end
      end
    end
  end
  flush()
  if stored > 0 then
    count(queue, 'enqueued', stored)
    redis.call('SADD', head .. 'queues', queue)
  end
  finish()
  return answers
end
if op == 'waiting' then
  return waiting(arg())
elseif op == 'counts' then
  local all = {}
  local owners = redis.call('ZRANGE', leases, 0, -1)
  for _, queue in ipairs(queues()) do
    local flight = 0
    for _, owner in ipairs(owners) do
      flight = flight + redis.call('HLEN', owned(owner, queue))
    end
    all[#all + 1] = { queue, redis.call('HGETALL', head .. 'c:' .. queue), waiting(queue), flight }
  end
  return all
elseif op == 'letters' then
  local queue, found = arg(), {}
  local ids = redis.call('ZREVRANGE', head .. 'dead:' .. queue, 0, arg() - 1)
  for _, id in ipairs(ids) do
    local letter = redis.call('HGET', letters, id)
    local _, _, _, _, _, _, record = struct.unpack('>BBI4I4dI4c0', letter)
    local _, _, _, _, rest = parts('12345678' .. string.sub(letter, record))
    found[#found + 1] = id
    found[#found + 1] = string.sub(letter, 1, record + rest - 6)
  end
  return found
end

redis.call('DEL', head .. 'none') -- R4

if op == 'step' then
  local owner, groups, claims = arg(), tonumber(arg()), tonumber(arg())
  local accepted = {}
  for _ = 1, groups do
    local queue, whose, n = arg(), arg(), tonumber(arg())
    local hash, ids, done = owned(whose, queue), {}, {}
    local first = at
    for i = 1, n do
      ids[i] = ARGV[first + 6 * (i - 1)]
    end
    local held = redis.call('HMGET', hash, unpack(ids))
    local plain, plain_kinds, stale = {}, {}, 0
    for i = 1, n do
      local id, token, kind, delay, reason, failure = arg(), arg(), arg(), tonumber(arg()), tonumber(arg()), arg()
      if held[i] ~= token or done[id] then -- R2
        accepted[#accepted + 1] = 0
        stale = stale + 1
      else
        accepted[#accepted + 1] = 1
        done[id] = true
        local flags = string.byte(token, -1) - 48
        if flags % 16 == 0 and (kind == 'done' or kind == 'discarded' or kind == 'cancelled') then
          plain[#plain + 1] = id
          plain_kinds[kind] = (plain_kinds[kind] or 0) + 1
        else
          local _, _, attempt, crashes = token_parts(token)
          local value = redis.call('HGET', jobs, id)
          redis.call('HDEL', hash, id)
          if kind == 'dead' then
            bury(queue, id, value, reason, failure, attempt, crashes)
          else
            count(queue, kind, 1)
          end
          if kind == 'retried' then
            put_back(queue, id, value, attempt, crashes, delay)
          elseif kind == 'returned' then
            put_back(queue, id, value, attempt - 1, crashes, delay)
          else
            forget(queue, id, value, true)
          end
        end
      end
    end
    if #plain > 0 then
      redis.call('HDEL', hash, unpack(plain))
      redis.call('HDEL', jobs, unpack(plain))
      for kind, number in pairs(plain_kinds) do
        count(queue, kind, number)
      end
    end
    if stale > 0 then
      count(queue, 'stale', stale)
    end
  end
  local alive = live(owner)
  local claimed, next_due = {}, -1
  if claims == 1 and alive then
    local queue, claim, n = arg(), arg(), tonumber(arg())
    local kinds, quotas, want = {}, {}, 0
    for _ = 1, n do
      local kind = arg()
      kinds[kind] = true
    end
    for priority = 0, 3 do
      quotas[priority] = tonumber(arg())
      want = want + quotas[priority]
    end
    -- what nodes without a handler put aside
    for _, kind in ipairs(redis.call('SMEMBERS', head .. 'pt:' .. queue)) do
      if kinds[kind] then
        local aside = head .. 'p:' .. queue .. ':' .. kind
        local items = redis.call('LPOP', aside, STEP)
        for i = items and #items or 0, 1, -1 do
          redis.call('LPUSH', ready(queue, string.sub(items[i], 1, 1)), string.sub(items[i], 2))
        end
        if redis.call('LLEN', aside) == 0 then
          redis.call('SREM', head .. 'pt:' .. queue, kind)
        end
      end
    end
    local delayed = head .. 'd:' .. queue
    local ripe = redis.call('ZRANGEBYSCORE', delayed, '-inf', text(now), 'LIMIT', 0, STEP)
    if #ripe > 0 then
      redis.call('ZREM', delayed, unpack(ripe))
      for _, id in ipairs(ripe) do
        local _, _, holds = tried(id)
        due(queue, id, redis.call('HGET', jobs, id), holds == 1)
      end
    end
    local hash, fields, looked = owned(owner, queue), {}, 0
    local function take(priority, most)
      local list = ready(queue, priority)
      local taken = 0
      while taken < most and looked < STEP do
        local ids = redis.call('LPOP', list, math.min(most - taken, STEP - looked))
        if not ids then
          break
        end
        looked = looked + #ids
        local values = redis.call('HMGET', jobs, unpack(ids))
        local before = redis.call('EXISTS', tries) == 1 and redis.call('HMGET', tries, unpack(ids)) or {}
        for i, id in ipairs(ids) do
          local value = values[i]
          local flags = value and string.byte(value, 11)
          local kind = value and string.sub(value, 13, 12 + string.byte(value, 12))
          if kinds[kind] then
            local attempt, crashes, since = 1, 0, nil
            if before[i] then
              local a, c, _, d = string.match(before[i], '^(%d+) (%d+) (%d) (%d+)$')
              attempt, crashes, since = a + 1, tonumber(c), tonumber(d)
              flags = flags + 8
            end
            taken = taken + 1
            local token = claim .. ' ' .. #claimed .. ' ' .. attempt .. ' ' .. crashes .. ' '
              .. string.char(48 + priority * 16 + flags)
            fields[#fields + 1] = id
            fields[#fields + 1] = token
            claimed[#claimed + 1] = id
            claimed[#claimed + 1] = token
            claimed[#claimed + 1] = value
            claimed[#claimed + 1] = text(now - (since or struct.unpack('>d', value)))
          elseif value then
            redis.call('RPUSH', head .. 'p:' .. queue .. ':' .. kind, priority .. id)
            redis.call('SADD', head .. 'pt:' .. queue, kind)
          end
        end
      end
      return taken
    end
    local got = 0
    for priority = 0, 3 do
      if quotas[priority] > 0 then
        got = got + take(priority, quotas[priority])
      end
    end
    for priority = 0, 3 do
      if got < want then
        got = got + take(priority, want - got)
      end
    end
    if got > 0 then
      redis.call('HSET', hash, unpack(fields))
      count(queue, 'claimed', got)
    end
    local more = looked >= STEP
    if got == want then
      for priority = 0, 3 do
        more = more or redis.call('LLEN', ready(queue, priority)) > 0
      end
    end
    touched[queue] = more or nil
    local soonest = redis.call('ZRANGE', delayed, 0, 0, 'WITHSCORES')
    if got < want and more then
      next_due = 0
    elseif #soonest > 0 then
      next_due = math.max(0, math.ceil((soonest[2] - now) / 1000))
    end
  end
  finish()
  return { alive and 1 or 0, next_due, accepted, claimed }
elseif op == 'join' then
  local owner = now
  local last = tonumber(redis.call('GET', head .. 'owner') or 0)
  if owner <= last then
    owner = last + 1
  end
  redis.call('SET', head .. 'owner', text(owner))
  redis.call('ZADD', leases, text(now + arg()), text(owner))
  return text(owner)
elseif op == 'beat' then
  local owner, lease = arg(), arg()
  if not live(owner) then
    return { 0 }
  end
  redis.call('ZADD', leases, text(now + lease), owner)
  local told = { 1 }
  local asked = head .. 'x:' .. owner
  for _, item in ipairs(redis.call('SMEMBERS', asked)) do
    local queue, id, token = struct.unpack('>Bc0Bc0Bc0', item)
    if redis.call('HGET', owned(owner, queue), id) == token then
      told[#told + 1] = id
    else
      redis.call('SREM', asked, item)
    end
  end
  return told
elseif op == 'disown' then
  local owner, claim = arg(), tonumber(arg())
  for _, queue in ipairs(queues()) do
    give_back(owner, queue, claim)
  end
  finish()
  return 1
elseif op == 'leave' then
  local owner, left = arg(), 0
  if redis.call('ZSCORE', leases, owner) then
    redis.call('ZADD', leases, 0, owner)
    for _, queue in ipairs(queues()) do
      left = left + give_back(owner, queue)
    end
    if left == 0 then
      redis.call('ZREM', leases, owner)
      redis.call('DEL', head .. 'x:' .. owner)
    end
  end
  finish()
  return left
elseif op == 'rescue' then
  local most = tonumber(arg())
  local rescued, dead = 0, 0
  local expired = redis.call('ZRANGEBYSCORE', leases, '-inf', text(now), 'LIMIT', 0, 10)
  for _, owner in ipairs(expired) do
    redis.call('ZADD', leases, 0, owner) -- from here on the owner is fenced
    local left = 0
    for _, queue in ipairs(queues()) do
      local hash = owned(owner, queue)
      if rescued < STEP then
        for _, job in ipairs(in_reverse(hash)) do
          local id, value = job[1], redis.call('HGET', jobs, job[1])
          local _, _, attempt, crashes = token_parts(job[2])
          redis.call('HDEL', hash, id)
          rescued = rescued + 1
          count(queue, 'rescued', 1)
          if crashes < most then
            put_back(queue, id, value, attempt - 1, crashes + 1, 0)
          else
            dead = dead + 1
            count(queue, 'crashed', 1)
            bury(queue, id, value, 3, '', attempt - 1, crashes + 1)
            forget(queue, id, value, true)
          end
        end
      end
      left = left + redis.call('HLEN', hash)
    end
    if left == 0 then
      redis.call('ZREM', leases, owner)
      redis.call('DEL', head .. 'x:' .. owner)
    end
  end
  finish()
  local names_touched = {}
  for queue in pairs(touched) do
    names_touched[#names_touched + 1] = queue
  end
  return { #expired, rescued, dead, names_touched }
elseif op == 'purge' then
  local age, purged = tonumber(arg()), 0
  for _, queue in ipairs(queues()) do
    local dead = head .. 'dead:' .. queue
    local old = redis.call('ZRANGEBYSCORE', dead, '-inf', '(' .. text(now - age), 'LIMIT', 0, STEP - purged)
    if #old > 0 then
      redis.call('ZREM', dead, unpack(old))
      redis.call('HDEL', letters, unpack(old))
      purged = purged + #old
    end
  end
  return purged
elseif op == 'cancel' then
  local id = arg()
  local value = redis.call('HGET', jobs, id)
  if not value then
    return 0
  end
  local priority, flags, kind, queue = parts(value)
  for _, owner in ipairs(redis.call('ZRANGE', leases, 0, -1)) do
    local token = redis.call('HGET', owned(owner, queue), id)
    if token then
      redis.call('SADD', head .. 'x:' .. owner, struct.pack('>Bc0Bc0Bc0', #queue, queue, #id, id, #token, token))
      return 1
    end
  end
  local holds = flags % 2 == 1
  if redis.call('ZREM', head .. 'd:' .. queue, id) == 1 then
    local _, _, held = tried(id)
    holds = held == 1
  elseif redis.call('LREM', ready(queue, priority), 1, id) == 0
    and redis.call('LREM', head .. 'p:' .. queue .. ':' .. kind, 1, priority .. id) == 0 then
    local key = names(value)
    redis.call('LREM', head .. 'kw:' .. queue .. ':' .. key, 1, id)
    redis.call('DECR', head .. 'kn:' .. queue)
    holds = false
  end
  count(queue, 'removed', 1)
  forget(queue, id, value, holds)
  finish()
  return 1
elseif op == 'replay' or op == 'delete' then
  local id = arg()
  local letter = redis.call('HGET', letters, id)
  if not letter then
    return ''
  end
  local _, _, _, _, _, _, rest = struct.unpack('>BBI4I4dI4c0', letter)
  local value = struct.pack('>d', now) .. string.sub(letter, rest)
  local _, _, _, queue = parts(value)
  if op == 'replay' then
    if redis.call('HEXISTS', jobs, id) == 1 then
      return ''
    end
    redis.call('HSET', jobs, id, value)
    count(queue, 'replayed', 1)
    due(queue, id, value, false)
  end
  redis.call('ZREM', head .. 'dead:' .. queue, id)
  redis.call('HDEL', letters, id)
  finish()
  return queue
end
return redis.error_reply('operation: ' .. op)
