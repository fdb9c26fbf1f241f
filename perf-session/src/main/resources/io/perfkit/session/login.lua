-- Makes a session; with an old one it takes its place, with a user it counts against the limit. Atomic.
-- KEYS 1 the new session, 2 the index of its user, 3 the queue of ends, 4 the events; 5 the old session, 6 the index
--      of its user
-- ARGV 1 '' (tests only: the time), 2 new id, 3 user or '', 4 tag of the user, 5 ms idle, 6 ms absolute,
--      7 ms that an ended session is remembered, 8 sessions of a user at most, 9 at the limit: R (reject),
--      O (evict the oldest), I (evict the one idle for longest), 10 what the client is, 11 old id or '',
--      12 most sessions to name, 13 most events to keep, 14 what the session is bound to; then field and value of
--      each attribute
-- Returns 0, the time, how many were evicted, the taken attributes, 1 if the old session was replaced, how many
--      sessions the user has, and for each that ended how long it lasted and how long it was used; or 10 and the
--      sessions that there are: id, created, last seen, end and client of each. An old session that is not live is
--      left alone; of one that has moved the new id is returned after 6, and nothing done.
-- Stored: as request.lua says.
-- The keys of the user's other sessions, which share the slot, are derived from the members of the index.
local now
if ARGV[1] == '' then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
else
  now = tonumber(ARGV[1])
end
local key, index, queue, stream, old_key, old_index = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local sid, user, idle, absolute = ARGV[2], ARGV[3], tonumber(ARGV[5]), tonumber(ARGV[6])
local keep, max, old_sid, events = tonumber(ARGV[7]), tonumber(ARGV[8]), ARGV[11], tonumber(ARGV[13])
local TIMES, LAYOUT = 48, '>I6I6I6I6I6I6I6I6'
local head = string.sub(key, 1, -#sid - 1)
local ages = {}

-- Notes what happened to a session, if events are kept.
local function tell(...)
  if events > 0 then
    redis.call('XADD', stream, 'MAXLEN', '~', events, '*', 't', now, ...)
    redis.call('PEXPIRE', stream, keep)
  end
end

local function ended(id, whose, reason, created, last)
  ages[#ages + 1] = now - created
  ages[#ages + 1] = last - created
  tell('k', 'e', 'i', id, 'u', whose, 'y', reason, 'c', created, 'l', last)
end

-- What the old session holds, if it is live.
local taken, bytes = {}, 0
local replaces, old_user, old_created, old_last = false, ''
if old_sid ~= '' then
  local raw = redis.pcall('HGETALL', old_key)
  local s = {}
  for i = 1, #raw, 2 do
    if #raw[i] == 1 then
      s[raw[i]] = raw[i + 1]
    end
  end
  if s.r and now < tonumber(s.g) then
    return { 6, s.r }
  end
  if s.m and #s.m >= TIMES then
    local last, idle_end, _, old_bytes, _, _, created = struct.unpack(LAYOUT, s.m)
    replaces = now < idle_end and (#s.m == TIMES or redis.call('ZSCORE', old_index, old_sid)) and true
    if replaces then
      bytes, old_created, old_last = old_bytes, created, last
      old_user = string.sub(s.u or '', 20)
      for i = 1, #raw, 2 do
        if #raw[i] > 1 then
          taken[#taken + 1] = raw[i]
          taken[#taken + 1] = raw[i + 1]
        end
      end
    end
  end
end

local evicted = 0
if user ~= '' then
  if redis.call('ZCOUNT', index, '(' .. now, '+inf') >= max then -- an upper bound, since it counts idle ones
    local found = {}
    for _, id in ipairs(redis.call('ZRANGEBYSCORE', index, '(' .. now, '+inf')) do
      local values = redis.pcall('HMGET', head .. id, 'm', 'w')
      local m = values[1]
      if not m or #m < TIMES then
        redis.call('ZREM', index, id) -- Redis lost it
      elseif not (replaces and id == old_sid) then
        local last, idle_end, _, _, _, _, created = struct.unpack(LAYOUT, m)
        if now < idle_end then
          found[#found + 1] = { id, created, last, idle_end, values[2] or '' }
        end
      end
    end
    local surplus = #found - max + 1
    if surplus > 0 then
      local by = ARGV[9] == 'O' and 2 or 3
      table.sort(found, function(a, b)
        return a[by] < b[by] or a[by] == b[by] and a[1] < b[1]
      end)
      if ARGV[9] == 'R' then
        local named = { 10 }
        for i = 1, math.min(#found, tonumber(ARGV[12])) do
          named[i + 1] = found[i]
        end
        return named
      end
      for i = 1, surplus do
        local id = found[i][1]
        redis.call('UNLINK', head .. id)
        redis.call('HSET', head .. id, 'e', 'E')
        redis.call('PEXPIRE', head .. id, keep)
        redis.call('ZREM', queue, id)
        redis.call('ZREM', index, id)
        ended(id, user, 'E', found[i][2], found[i][3])
        evicted = i
      end
    end
  end
end

if replaces then
  redis.call('UNLINK', old_key)
  redis.call('HSET', old_key, 'r', sid, 'g', 0)
  redis.call('PEXPIRE', old_key, keep)
  redis.call('ZREM', queue, old_sid)
  redis.call('ZREM', old_index, old_sid)
  ended(old_sid, old_user, 'R', old_created, old_last)
end
local idle_end, end_at = math.min(now + idle, now + absolute), now + absolute
for i = 15, #ARGV, 2 do
  bytes = bytes + #ARGV[i] - 2 + #ARGV[i + 1]
end
local m = struct.pack(LAYOUT, now, idle_end, 1, bytes, idle, now, now, end_at)
if user ~= '' then
  m = m .. 'u'
  redis.call('ZADD', index, end_at, sid) -- the first write, which a full Redis refuses, unless room was made
  redis.call('ZREMRANGEBYSCORE', index, '-inf', now - keep) -- later ones are left to the sweep
  if now + redis.call('PTTL', index) < end_at + keep then
    redis.call('PEXPIREAT', index, end_at + keep)
  end
end
local fields = { 'm', m }
for field, value in pairs({ u = user ~= '' and ARGV[4] .. user or '', w = ARGV[10], b = ARGV[14] }) do
  if value ~= '' then
    fields[#fields + 1] = field
    fields[#fields + 1] = value
  end
end
redis.call('HSET', key, unpack(fields))
for i = 15, #ARGV, 1000 do -- no more than a Lua stack takes
  redis.call('HSET', key, unpack(ARGV, i, math.min(i + 999, #ARGV)))
end
for i = 1, #taken, 1000 do
  redis.call('HSET', key, unpack(taken, i, math.min(i + 999, #taken)))
end
redis.call('PEXPIREAT', key, end_at + keep)
redis.call('ZADD', queue, idle_end, sid)
if now + redis.call('PTTL', queue) < end_at + keep then
  redis.call('PEXPIREAT', queue, end_at + keep)
end
tell('k', 'c', 'i', sid, 'u', user, 'w', ARGV[10])
return { 0, now, evicted, taken, replaces and 1 or 0, user == '' and 0 or redis.call('ZCARD', index), ages }
