-- Removes sessions that have ended by themselves, each once whoever sweeps. Atomic.
-- KEYS 1 the queue of ends
-- ARGV 1 '' (tests only: the time), 2 head of the keys of sessions, 3 head of the keys of indexes, 4 how many at most
-- Returns how many were looked at, and of them: idle, absolute, revoked, lost. One that was touched since is queued
-- again.
-- Stored: as request.lua says.
-- The keys of sessions and indexes, which share the slot, are derived from the members of the queue.
local now
if ARGV[1] == '' then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
else
  now = tonumber(ARGV[1])
end
local queue, TIMES = KEYS[1], 48
local due = redis.call('ZRANGEBYSCORE', queue, '-inf', now, 'LIMIT', 0, ARGV[4])
local idle, absolute, revoked, lost = 0, 0, 0, 0
for _, id in ipairs(due) do
  local key = ARGV[2] .. id
  local values = redis.pcall('HMGET', key, 'm', 'u')
  local m, user = values[1], values[2]
  if not m or #m < TIMES then
    redis.call('ZREM', queue, id)
    lost = lost + 1
  else
    local _, ends, _, _, _, _, _, end_at = struct.unpack('>I6I6I6I6I6I6I6I6', m)
    local index = user and ARGV[3] .. string.sub(user, 1, 19)
    local gone = index and not redis.call('ZSCORE', index, id)
    if not gone and now < ends then
      redis.call('ZADD', queue, ends, id)
    else
      redis.call('UNLINK', key)
      redis.call('ZREM', queue, id)
      if index then
        redis.call('ZREM', index, id)
      end
      if gone then
        revoked = revoked + 1
      elseif now >= end_at then
        absolute = absolute + 1
      else
        idle = idle + 1
      end
    end
  end
end
return { #due, idle, absolute, revoked, lost }
