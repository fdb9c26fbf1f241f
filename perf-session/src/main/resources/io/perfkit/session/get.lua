-- Looks a session up and, if that is due, counts it as used; decided by one reading of the server's clock. Atomic.
-- KEYS 1 the session, 2 the index of its user (a key without value if it has none)
-- ARGV 1 '' (tests only: the time), 2 id of the session, 3 ms that an ended session is remembered,
--      4 ms between two touches, or -1: none
-- Returns 0, the time, last seen, idle end and the fields of the session; or as session.lua.
local now
if ARGV[1] == '' then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
else
  now = tonumber(ARGV[1])
end
local key, index, sid, every = KEYS[1], KEYS[2], ARGV[2], tonumber(ARGV[4])
local raw = redis.pcall('HGETALL', key)
if raw.err then
  return { 1 }
end
local s = {}
for i = 1, #raw, 2 do
  local field = raw[i]
  if #field == 1 then
    s[field] = raw[i + 1]
  end
end
if s.e then
  return { 4, s.e }
elseif s.r then
  return now < tonumber(s.g) and { 6, s.r } or { 5 }
end
local last, idle_end, end_at = tonumber(s.l), tonumber(s.d), tonumber(s.x)
if not (s.c and last and idle_end and end_at and s.i and s.v and s.b) or now >= idle_end + ARGV[3] then
  return { 1 }
elseif now >= end_at then
  return { 3 }
elseif now >= idle_end then
  return { 2 }
elseif s.u and not redis.call('ZSCORE', index, sid) then
  return { 4, 'U' }
end
if every >= 0 and now - last >= every then
  local to = math.min(math.max(idle_end, now + s.i), end_at)
  -- Without memory for it the session is still found.
  if type(redis.pcall('HSET', key, 'l', now, 'd', to)) == 'number' then
    last, idle_end = now, to
    if s.u then
      redis.call('ZADD', index, 'XX', to, sid)
    end
  end
end
return { 0, now, last, idle_end, raw }
