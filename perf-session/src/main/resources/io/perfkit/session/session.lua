-- One operation on a session that must be live, decided by one reading of the server's clock. Atomic.
-- KEYS 1 the session, 2 the index of its user (a key without value if it has none), 3 the queue of ends;
--      r: 4 the session under its new id
-- ARGV 1 '' (tests only: the time), 2 operation, 3 id of the session, 4 ms that an ended session is remembered;
--      s (save): 5 expected version or '', 6 bytes at most, 7 number of attributes to set; name and value of each;
--                names to remove
--      i (increment): 5 bytes at most, 6 name, 7 by
--      e (extend): 5 ms from now
--      t (idle time-out): 5 ms
--      r (rotate): 5 new id, 6 ms of grace
--      d (end): 5 reason
--      o (end the others of the user)
-- Returns a code and what belongs to it: 0 done, 1 not found, 2 idle, 3 absolute, 4 revoked and its reason,
--      5 rotated, 6 moved and the new id, 7 conflict and the version, 8 too large and the bytes, 9 no number.
-- o derives the keys of the user's other sessions, which share the slot, from the members of the index.
local now
if ARGV[1] == '' then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
else
  now = tonumber(ARGV[1])
end
local key, index, queue = KEYS[1], KEYS[2], KEYS[3]
local op, sid, keep = ARGV[2], ARGV[3], tonumber(ARGV[4])

local names = { 'c', 'l', 'd', 'x', 'i', 'v', 'b', 'u', 'e', 'r', 'g' }
local values = redis.pcall('HMGET', key, unpack(names))
if values.err then
  return { 1 }
end
local s = {}
for i, name in ipairs(names) do
  s[name] = values[i] or nil
end
if s.e then
  return { 4, s.e }
elseif s.r then
  return now < tonumber(s.g) and { 6, s.r } or { 5 }
end
local last, idle_end, end_at = tonumber(s.l), tonumber(s.d), tonumber(s.x)
if not (s.c and last and idle_end and end_at and s.i and s.v and s.b) or now >= idle_end + keep then
  return { 1 }
elseif now >= end_at then
  return { 3 }
elseif now >= idle_end then
  return { 2 }
elseif s.u and not redis.call('ZSCORE', index, sid) then
  return { 4, 'U' }
end

-- Moves the idle deadline, never back and never beyond the absolute one.
local function prolong(by)
  local to = math.min(math.max(idle_end, now + by), end_at)
  redis.call('HSET', key, 'l', now, 'd', to)
  last, idle_end = now, to
  if s.u then
    redis.call('ZADD', index, 'XX', to, sid)
  end
end

-- Ends a session for good and remembers why.
local function bury(id, where, reason)
  redis.call('UNLINK', where)
  redis.call('HSET', where, 'e', reason)
  redis.call('PEXPIRE', where, keep)
  redis.call('ZREM', queue, id)
  redis.call('ZREM', index, id)
end

if op == 's' or op == 'i' then
  local version, bytes = tonumber(s.v), tonumber(s.b)
  local before = bytes
  if op == 's' then
    local max, sets = tonumber(ARGV[6]), tonumber(ARGV[7])
    if ARGV[5] ~= '' and tonumber(ARGV[5]) ~= version then
      return { 7, version }
    end
    for i = 8, 7 + 2 * sets, 2 do
      local old = redis.call('HSTRLEN', key, 'a:' .. ARGV[i])
      bytes = bytes + #ARGV[i + 1] - old + (old == 0 and #ARGV[i] or 0)
    end
    for i = 8 + 2 * sets, #ARGV do
      local old = redis.call('HSTRLEN', key, 'a:' .. ARGV[i])
      bytes = bytes - old - (old > 0 and #ARGV[i] or 0)
    end
    if bytes > max and bytes > before then
      return { 8, bytes }
    end
    local fields = { 'v', version + 1, 'b', bytes }
    for i = 8, 7 + 2 * sets, 2 do
      fields[#fields + 1] = 'a:' .. ARGV[i]
      fields[#fields + 1] = ARGV[i + 1]
    end
    for i = 1, #fields, 1000 do -- no more than a Lua stack takes
      redis.call('HSET', key, unpack(fields, i, math.min(i + 999, #fields)))
    end
    for i = 8 + 2 * sets, #ARGV do
      redis.call('HDEL', key, 'a:' .. ARGV[i])
    end
    return { 0, version + 1 }
  end
  local field = 'a:' .. ARGV[6]
  local old = redis.call('HSTRLEN', key, field)
  if old == 0 and bytes + #ARGV[6] + #ARGV[7] > tonumber(ARGV[5]) then
    return { 8, bytes + #ARGV[6] + #ARGV[7] }
  end
  local sum = redis.pcall('HINCRBY', key, field, ARGV[7])
  if type(sum) ~= 'number' then
    return { 9 }
  end
  local text = redis.call('HGET', key, field) -- digits: a Lua number would round them
  redis.call('HSET', key, 'v', version + 1, 'b', bytes + #text - old + (old == 0 and #ARGV[6] or 0))
  return { 0, version + 1, text }
end

if op == 'e' then
  prolong(tonumber(ARGV[5]))
  return { 0, now, last, idle_end, tonumber(s.i) }
end

if op == 't' then
  local idle = tonumber(ARGV[5])
  redis.call('HSET', key, 'i', idle)
  idle_end = 0 -- it may move back
  prolong(idle)
  redis.call('ZADD', queue, idle_end, sid) -- due sooner, maybe
  return { 0, now, last, idle_end, idle }
end

if op == 'r' then
  local fresh = KEYS[4]
  redis.call('RENAME', key, fresh)
  redis.call('HSET', fresh, 'o', now)
  redis.call('HSET', key, 'r', ARGV[5], 'g', now + ARGV[6])
  redis.call('PEXPIRE', key, ARGV[6] + keep)
  redis.call('ZREM', queue, sid)
  redis.call('ZADD', queue, idle_end, ARGV[5])
  if s.u then
    redis.call('ZREM', index, sid)
    redis.call('ZADD', index, idle_end, ARGV[5])
    if now + redis.call('PTTL', index) < end_at + keep then
      redis.call('PEXPIREAT', index, end_at + keep)
    end
  end
  if now + redis.call('PTTL', queue) < end_at + keep then
    redis.call('PEXPIREAT', queue, end_at + keep)
  end
  return { 0, now }
end

if op == 'd' then
  bury(sid, key, ARGV[5])
  return { 0, 1 }
end

-- o
local ended = 0
if s.u then
  local head = string.sub(key, 1, -#sid - 1)
  for _, other in ipairs(redis.call('ZRANGEBYSCORE', index, '(' .. now, '+inf')) do
    if other ~= sid then
      bury(other, head .. other, 'O')
      ended = ended + 1
    end
  end
end
return { 0, ended }
