-- One operation on a session that must be live, decided by one reading of the server's clock. Atomic.
-- KEYS 1 the session, 2 the index of its user (a key without value if it has none), 3 the queue of ends;
--      4 the events; r: 5 the session under its new id
-- ARGV 1 '' (tests only: the time), 2 operation, 3 id of the session, 4 ms that an ended session is remembered,
--      5 most events to keep;
--      i (increment): 6 bytes at most, 7 name, 8 by
--      e (extend): 6 ms from now
--      t (idle time-out): 6 ms
--      r (rotate): 6 new id, 7 ms of grace
--      d (end): 6 reason
--      o (end the others of the user)
-- Returns a code and what belongs to it: 0 done, 1 not found, 2 idle, 3 absolute, 4 revoked and its reason,
--      5 rotated, 6 moved and the new id, 7 conflict and the version, 8 too large and the bytes, 9 no number,
--      12 and its words for an error of a command.
--      d and o: how many ended, and for each how long it lasted and how long it was used.
-- Stored: as request.lua says.
-- o derives the keys of the user's other sessions, which share the slot, from the members of the index.
local now
if ARGV[1] == '' then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
else
  now = tonumber(ARGV[1])
end
local key, index, queue, stream = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local op, sid, keep, events = ARGV[2], ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5])
local TIMES, LAYOUT = 48, '>I6I6I6I6I6I6I6I6'

local m = redis.pcall('HGET', key, 'm')
if type(m) ~= 'string' or #m < TIMES then
  local was = redis.pcall('HMGET', key, 'e', 'r', 'g')
  if was[1] then
    return { 4, was[1] }
  elseif was[2] then
    return now < tonumber(was[3]) and { 6, was[2] } or { 5 }
  end
  return { 1 }
end
local last, idle_end, version, bytes, idle, since, created, end_at = struct.unpack(LAYOUT, m)
local user = #m > TIMES
if now >= idle_end then
  return { now >= idle_end + keep and 1 or now >= end_at and 3 or 2 }
elseif user and not redis.call('ZSCORE', index, sid) then
  return { 4, 'U' }
end

local function write(where)
  local times = struct.pack(LAYOUT, last, idle_end, version, bytes, idle, since, created, end_at)
  redis.call('HSET', where, 'm', times .. string.sub(m, TIMES + 1))
end

-- Moves the idle deadline, never back and never beyond the absolute one.
local function prolong(by)
  last, idle_end = now, math.min(math.max(idle_end, now + by), end_at)
  write(key)
end

-- Notes what happened to a session, if events are kept.
local function tell(...)
  if events > 0 then
    redis.call('XADD', stream, 'MAXLEN', '~', events, '*', 't', now, ...)
    redis.call('PEXPIRE', stream, keep)
  end
end

-- Ends a session for good and remembers why.
local ages = {}
local function bury(id, where, reason, used, born)
  ages[#ages + 1] = now - born
  ages[#ages + 1] = used - born
  local whose = events > 0 and redis.call('HGET', where, 'u') or ''
  redis.call('UNLINK', where)
  redis.call('HSET', where, 'e', reason)
  redis.call('PEXPIRE', where, keep)
  redis.call('ZREM', queue, id)
  redis.call('ZREM', index, id)
  tell('k', 'e', 'i', id, 'u', string.sub(whose, 20), 'y', reason, 'c', born, 'l', used)
end

if op == 'i' then
  local field = 'a:' .. ARGV[7]
  local old = redis.call('HSTRLEN', key, field)
  if old == 0 and bytes + #ARGV[7] + #ARGV[8] > tonumber(ARGV[6]) then
    return { 8, bytes + #ARGV[7] + #ARGV[8] }
  end
  local sum = redis.pcall('HINCRBY', key, field, ARGV[8])
  if type(sum) ~= 'number' then
    local says = sum.err -- about the number, or that Redis can't write
    return (string.find(says, 'integer') or string.find(says, 'overflow')) and { 9 } or { 12, says }
  end
  local text = redis.call('HGET', key, field) -- digits: a Lua number would round them
  version, bytes = version + 1, bytes + #text - old + (old == 0 and #ARGV[7] or 0)
  write(key)
  return { 0, version, text }
end

if op == 'e' then
  prolong(tonumber(ARGV[6]))
  return { 0, now, last, idle_end, idle }
end

if op == 't' then
  idle = tonumber(ARGV[6])
  idle_end = 0 -- it may move back
  prolong(idle)
  redis.call('ZADD', queue, idle_end, sid) -- due sooner, maybe
  return { 0, now, last, idle_end, idle }
end

if op == 'r' then
  local fresh = KEYS[5]
  since = now
  redis.call('RENAME', key, fresh)
  write(fresh)
  redis.call('HSET', key, 'r', ARGV[6], 'g', now + ARGV[7])
  redis.call('PEXPIRE', key, ARGV[7] + keep)
  redis.call('ZREM', queue, sid)
  redis.call('ZADD', queue, idle_end, ARGV[6])
  if user then
    redis.call('ZREM', index, sid)
    redis.call('ZADD', index, end_at, ARGV[6])
    if now + redis.call('PTTL', index) < end_at + keep then
      redis.call('PEXPIREAT', index, end_at + keep)
    end
  end
  if now + redis.call('PTTL', queue) < end_at + keep then
    redis.call('PEXPIREAT', queue, end_at + keep)
  end
  tell('k', 'r', 'i', sid, 'n', ARGV[6])
  return { 0, now }
end

if op == 'd' then
  bury(sid, key, ARGV[6], last, created)
  return { 0, 1, ages }
end

-- o
local ended = 0
if user then
  local head = string.sub(key, 1, -#sid - 1)
  for _, other in ipairs(redis.call('ZRANGEBYSCORE', index, '(' .. now, '+inf')) do
    local its = other ~= sid and redis.pcall('HGET', head .. other, 'm')
    if type(its) == 'string' then
      local used, until_idle, _, _, _, _, born = struct.unpack(LAYOUT, its)
      if now < until_idle then
        bury(other, head .. other, 'O', used, born)
        ended = ended + 1
      end
    end
  end
end
return { 0, ended, ages }
