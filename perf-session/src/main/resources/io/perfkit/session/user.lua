-- One operation on all sessions of a user. Atomic.
-- KEYS 1 the index of the user, 2 the queue of ends, 3 the events; a: 4 the index under another name
-- ARGV 1 '' (tests only: the time), 2 operation, 3 head of the keys of sessions, 4 ms that an ended session is
--      remembered, 5 most events to keep; n (count); l (list): 6 how many at most; a (end all): 6 what the other name
--      ends in; d (end one): 6 its id
-- Returns n: how many. a: how many had not reached their absolute end. d: how long it lasted and how long it was
--      used, or nothing. l: id, created, last seen, end and client of each, the one seen last first.
-- a renames the index, however many there are: a session that is not in the index is none. A sweep, which finds the
-- new name in the queue, ends them one by one.
-- Stored: as request.lua says.
-- The keys of sessions, which share the slot, are derived from the members of the index.
local now
if ARGV[1] == '' then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
else
  now = tonumber(ARGV[1])
end
local index, queue, stream, op, head = KEYS[1], KEYS[2], KEYS[3], ARGV[2], ARGV[3]
local keep, events = tonumber(ARGV[4]), tonumber(ARGV[5])
local TIMES, LAYOUT = 48, '>I6I6I6I6I6I6I6I6'

if op == 'a' then
  local listed = redis.call('ZCOUNT', index, '(' .. now, '+inf')
  if redis.call('EXISTS', index) == 1 then
    redis.call('RENAME', index, KEYS[4])
    redis.call('ZADD', queue, now, ARGV[6])
    if redis.call('PTTL', queue) < 0 then
      redis.call('PEXPIRE', queue, keep) -- Redis lost the queue
    end
  end
  return listed
elseif op == 'd' then
  local id = ARGV[6]
  local m = redis.call('ZSCORE', index, id) and redis.pcall('HGET', head .. id, 'm')
  if type(m) ~= 'string' or #m < TIMES then
    return {}
  end
  local last, idle_end, _, _, _, _, created = struct.unpack(LAYOUT, m)
  if now >= idle_end then
    return {}
  end
  local whose = events > 0 and redis.call('HGET', head .. id, 'u') or ''
  redis.call('UNLINK', head .. id)
  redis.call('HSET', head .. id, 'e', 'A')
  redis.call('PEXPIRE', head .. id, keep)
  redis.call('ZREM', queue, id)
  redis.call('ZREM', index, id)
  if events > 0 then
    redis.call('XADD', stream, 'MAXLEN', '~', events, '*', 't', now, 'k', 'e', 'i', id,
      'u', string.sub(whose, 20), 'y', 'A', 'c', created, 'l', last)
    redis.call('PEXPIRE', stream, keep)
  end
  return { now - created, last - created }
end
local found = {}
for _, id in ipairs(redis.call('ZRANGEBYSCORE', index, '(' .. now, '+inf')) do
  local values = redis.pcall('HMGET', head .. id, 'm', 'w')
  local m = values[1]
  if m and #m >= TIMES then
    local last, idle_end, _, _, _, _, created = struct.unpack(LAYOUT, m)
    if now < idle_end then
      found[#found + 1] = { id, created, last, idle_end, values[2] or '' }
    end
  end
end
if op == 'n' then
  return #found
end
table.sort(found, function(a, b)
  return a[3] > b[3] or a[3] == b[3] and a[1] < b[1]
end)
local listed = {}
for i = 1, math.min(#found, tonumber(ARGV[6])) do
  listed[i] = found[i]
end
return listed
