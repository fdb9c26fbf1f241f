-- One operation on all sessions of a user. Atomic.
-- KEYS 1 the index of the user, 2 the queue of ends
-- ARGV 1 '' (tests only: the time), 2 operation, 3 head of the keys of sessions, 4 ms that an ended session is
--      remembered; n (count); l (list): 5 how many at most; a (end all); d (end one): 5 its id
-- Returns n, d: how many. a: how many had not reached their absolute end. l: id, created, last seen, end and client
--      of each, the one seen last first.
-- a is one deletion however many there are: a session that is not in the index is none.
-- Stored: as request.lua says.
-- The keys of sessions, which share the slot, are derived from the members of the index.
local now
if ARGV[1] == '' then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
else
  now = tonumber(ARGV[1])
end
local index, queue, op, head, keep = KEYS[1], KEYS[2], ARGV[2], ARGV[3], tonumber(ARGV[4])
local TIMES, LAYOUT = 48, '>I6I6I6I6I6I6I6I6'

if op == 'a' then
  local listed = redis.call('ZCOUNT', index, '(' .. now, '+inf')
  redis.call('UNLINK', index)
  return listed
elseif op == 'd' then
  local id = ARGV[5]
  local m = redis.call('ZSCORE', index, id) and redis.pcall('HGET', head .. id, 'm')
  if type(m) ~= 'string' or #m < TIMES or now >= struct.unpack('>I6', m, 7) then
    return 0
  end
  redis.call('UNLINK', head .. id)
  redis.call('HSET', head .. id, 'e', 'A')
  redis.call('PEXPIRE', head .. id, keep)
  redis.call('ZREM', queue, id)
  redis.call('ZREM', index, id)
  return 1
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
for i = 1, math.min(#found, tonumber(ARGV[5])) do
  listed[i] = found[i]
end
return listed
