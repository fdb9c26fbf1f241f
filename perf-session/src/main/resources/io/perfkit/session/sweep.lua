-- Removes sessions that have ended by themselves or with all others of their user, each once whoever sweeps. Atomic.
-- KEYS 1 the queue of ends, 2 the events
-- ARGV 1 '' (tests only: the time), 2 head of the keys of sessions, 3 head of the keys of indexes, 4 how many at most,
--      5 ms that an ended session is remembered, 6 most events to keep
-- Returns how many were looked at, and of them: idle, absolute, revoked, lost; then how many are in the queue, and
--      for each that ended how long it lasted and how long it was used. One that was touched since is queued again.
-- Stored: as request.lua says; in the queue a member longer than an id is the rest of the name of an index that was
--      renamed, and its score is when.
-- The keys of sessions and indexes, which share the slot, are derived from the members of the queue.
local now
if ARGV[1] == '' then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
else
  now = tonumber(ARGV[1])
end
local queue, stream, heads, indexes, most = KEYS[1], KEYS[2], ARGV[2], ARGV[3], tonumber(ARGV[4])
local keep, events = tonumber(ARGV[5]), tonumber(ARGV[6])
local TIMES, LAYOUT, ID = 48, '>I6I6I6I6I6I6I6I6', 32
local seen, counts, ages = 0, { I = 0, B = 0, U = 0, X = 0 }, {}

-- Ends a session, of whose values m and u these are, and notes why: once, since the id leaves the queue.
local function ends(id, m, u, reason)
  counts[reason] = counts[reason] + 1
  redis.call('ZREM', queue, id)
  local created, last = '', ''
  if m then
    local _
    last, _, _, _, _, _, created = struct.unpack(LAYOUT, m)
    ages[#ages + 1] = now - created
    ages[#ages + 1] = last - created
    redis.call('UNLINK', heads .. id)
    if u then
      redis.call('ZREM', indexes .. string.sub(u, 1, 19), id)
    end
    if reason == 'U' then
      redis.call('HSET', heads .. id, 'e', 'U')
      redis.call('PEXPIRE', heads .. id, keep)
    end
  end
  if events > 0 then
    redis.call('XADD', stream, 'MAXLEN', '~', events, '*', 't', now, 'k', 'e', 'i', id,
      'u', string.sub(u or '', 20), 'y', reason, 'c', created, 'l', last)
    redis.call('PEXPIRE', stream, keep)
  end
end

-- Of a session: m and u, or nothing.
local function values(id)
  local found = redis.pcall('HMGET', heads .. id, 'm', 'u')
  if found[1] and #found[1] >= TIMES then
    return found[1], found[2]
  end
end

-- Ends the sessions of an index that was renamed.
local function ends_all(name, since)
  local members = redis.call('ZRANGE', indexes .. name, 0, most - seen - 1)
  for _, id in ipairs(members) do
    redis.call('ZREM', indexes .. name, id)
    if redis.call('ZSCORE', queue, id) then
      local m, u = values(id)
      local idle_end = m and struct.unpack('>I6', m, 7)
      ends(id, m, u, not m and 'X' or idle_end > since and 'U' or 'I')
    end
  end
  seen = seen + #members
  if redis.call('EXISTS', indexes .. name) == 0 then
    redis.call('ZREM', queue, name)
    seen = seen + 1
  end
end

-- Ends a session that is due, or queues it again.
local function settle(id)
  seen = seen + 1
  local m, u = values(id)
  if not m then
    return ends(id, m, u, 'X')
  end
  local _, idle_end, _, _, _, _, _, end_at = struct.unpack(LAYOUT, m)
  if now >= idle_end then
    ends(id, m, u, now >= end_at and 'B' or 'I')
  elseif u and not redis.call('ZSCORE', indexes .. string.sub(u, 1, 19), id) then
    ends(id, m, u, 'U')
  else
    redis.call('ZREM', queue, '') -- a first write that a full Redis allows: after it, any
    redis.call('ZADD', queue, idle_end, id)
  end
end

local due = redis.call('ZRANGEBYSCORE', queue, '-inf', now, 'WITHSCORES', 'LIMIT', 0, most)
for i = 1, #due, 2 do
  if #due[i] > ID and seen < most then
    ends_all(due[i], tonumber(due[i + 1]))
  end
end
for i = 1, #due, 2 do
  if #due[i] == ID and seen < most and redis.call('ZSCORE', queue, due[i]) then
    settle(due[i])
  end
end
return { seen, counts.I, counts.B, counts.U, counts.X, redis.call('ZCARD', queue), ages }
