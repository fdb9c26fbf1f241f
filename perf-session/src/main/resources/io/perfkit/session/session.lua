-- One operation on a session that must be live, decided by one reading of the server's clock. Atomic.
-- KEYS 1 the session, 2 the index of its user (a key without value if it has none), 3 the queue of ends;
--      r: 4 the session under its new id
-- ARGV 1 '' (tests only: the time), 2 operation, 3 id of the session, 4 ms that an ended session is remembered;
--      i (increment): 5 bytes at most, 6 name, 7 by
--      e (extend): 5 ms from now
--      t (idle time-out): 5 ms
--      r (rotate): 5 new id, 6 ms of grace
--      d (end): 5 reason
--      o (end the others of the user)
-- Returns a code and what belongs to it: 0 done, 1 not found, 2 idle, 3 absolute, 4 revoked and its reason,
--      5 rotated, 6 moved and the new id, 7 conflict and the version, 8 too large and the bytes, 9 no number.
-- Stored: as request.lua says.
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

-- Ends a session for good and remembers why.
local function bury(id, where, reason)
  redis.call('UNLINK', where)
  redis.call('HSET', where, 'e', reason)
  redis.call('PEXPIRE', where, keep)
  redis.call('ZREM', queue, id)
  redis.call('ZREM', index, id)
end

if op == 'i' then
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
  version, bytes = version + 1, bytes + #text - old + (old == 0 and #ARGV[6] or 0)
  write(key)
  return { 0, version, text }
end

if op == 'e' then
  prolong(tonumber(ARGV[5]))
  return { 0, now, last, idle_end, idle }
end

if op == 't' then
  idle = tonumber(ARGV[5])
  idle_end = 0 -- it may move back
  prolong(idle)
  redis.call('ZADD', queue, idle_end, sid) -- due sooner, maybe
  return { 0, now, last, idle_end, idle }
end

if op == 'r' then
  local fresh = KEYS[4]
  since = now
  redis.call('RENAME', key, fresh)
  write(fresh)
  redis.call('HSET', key, 'r', ARGV[5], 'g', now + ARGV[6])
  redis.call('PEXPIRE', key, ARGV[6] + keep)
  redis.call('ZREM', queue, sid)
  redis.call('ZADD', queue, idle_end, ARGV[5])
  if user then
    redis.call('ZREM', index, sid)
    redis.call('ZADD', index, end_at, ARGV[5])
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
if user then
  local head = string.sub(key, 1, -#sid - 1)
  for _, other in ipairs(redis.call('ZRANGEBYSCORE', index, '(' .. now, '+inf')) do
    local its = other ~= sid and redis.pcall('HGET', head .. other, 'm')
    if type(its) == 'string' and now < struct.unpack('>I6', its, 7) then
      bury(other, head .. other, 'O')
      ended = ended + 1
    end
  end
end
return { 0, ended }
