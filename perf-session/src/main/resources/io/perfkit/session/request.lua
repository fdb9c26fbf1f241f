-- Looks sessions up, counting that as use if it is due, and saves attributes: any number of requests, each decided
-- for itself, by one reading of the server's clock. Atomic.
-- KEYS for each request: the session, the index of its user (a key without value if it has none)
-- ARGV 1 '' (tests only: the time), 2 ms that an ended session is remembered; then for each request, packed:
--      'g' ms between two touches(6; ANY: none), or
--      's' expected version(6; ANY: any) bytes at most(4) attributes to set(2) to remove(2), a version(6) and the
--          bytes of attributes after this change of that version(6), and behind it as arguments field and value of
--          each, and the fields to remove
-- Returns the time, then for each request: the fields of the session if it was looked up; else the codes of
--      session.lua, and 12 and its words for an error of a command.
-- Stored in a session, field m: last seen(6) idle end(6) version(6) bytes of attributes(6) idle time-out(6)
--      since when under this id(6) created(6) absolute end(6), all times in ms, and one byte more if it has a user;
--      field u: tag(19) of the user and the user
-- A script begins anew each time it runs, and a function or a table costs as much as a command. So a request has as
-- few as can be, and a session's times are one field.
local call, try, sub = redis.call, redis.pcall, string.sub
local read, pack = struct.unpack, struct.pack
local ANY, TIMES = 281474976710655, 48
local now
if ARGV[1] == '' then
  local time = call('TIME')
  now = time[1] * 1000 + (time[2] - time[2] % 1000) / 1000
else
  now = tonumber(ARGV[1])
end
local keep, replies, arg = tonumber(ARGV[2]), { now }, 3
for k = 1, #KEYS, 2 do
  local key, head = KEYS[k], ARGV[arg]
  local looks = sub(head, 1, 1) == 'g'
  local first = read('>I6', head, 2)
  arg = arg + 1
  local raw, m, at, max, sets, removals, known, known_total, from
  if looks then
    raw = try('HGETALL', key)
    for i = 1, #raw, 2 do
      if raw[i] == 'm' then
        at = i + 1
        m = raw[at]
        break
      end
    end
  else
    max, sets, removals, known, known_total = read('>I4I2I2I6I6', head, 8)
    from = arg
    arg = arg + 2 * sets + removals
    m = try('HGET', key, 'm')
  end
  local reply
  if type(m) ~= 'string' or #m < TIMES then
    local was = try('HMGET', key, 'e', 'r', 'g')
    if was[1] then
      reply = { 4, was[1] }
    elseif was[2] then
      reply = now < tonumber(was[3]) and { 6, was[2] } or { 5 }
    else
      reply = { 1 }
    end
  else
    local last, idle_end, version, bytes, idle, _, _, end_at = read('>I6I6I6I6I6I6I6I6', m)
    if now >= idle_end then
      reply = { now >= idle_end + keep and 1 or now >= end_at and 3 or 2 }
    elseif #m > TIMES and not call('ZSCORE', KEYS[k + 1], sub(key, -32)) then
      reply = { 4, 'U' }
    elseif looks then
      if first ~= ANY and now - last >= first then
        local to = now + idle
        if to < idle_end then
          to = idle_end
        elseif to > end_at then
          to = end_at
        end
        m = pack('>I6I6', now, to) .. sub(m, 13)
        -- Without memory for it the session is still found.
        if type(try('HSET', key, 'm', m)) == 'number' then
          raw[at] = m
        end
      end
      reply = raw
    elseif first ~= ANY and first ~= version then
      reply = { 7, version }
    else
      local total, last_set = known_total, from + 2 * sets - 1
      if known ~= version then
        total = bytes
        for i = from, last_set, 2 do
          local old = call('HSTRLEN', key, ARGV[i])
          total = total + #ARGV[i + 1] - old
          if old == 0 then
            total = total + #ARGV[i] - 2
          end
        end
        for i = last_set + 1, last_set + removals do
          local old = call('HSTRLEN', key, ARGV[i])
          if old > 0 then
            total = total - old - #ARGV[i] + 2
          end
        end
      end
      if total > max and total > bytes then
        reply = { 8, total }
      else
        m = sub(m, 1, 12) .. pack('>I6I6', version + 1, total) .. sub(m, 25)
        local most = from + 999 -- no more than a Lua stack takes
        local done = try('HSET', key, 'm', m, unpack(ARGV, from, last_set < most and last_set or most))
        if type(done) ~= 'number' then
          reply = { 12, done.err }
        else
          for i = most + 1, last_set, 1000 do
            call('HSET', key, unpack(ARGV, i, math.min(i + 999, last_set)))
          end
          for i = last_set + 1, last_set + removals do
            redis.call('HDEL', key, ARGV[i])
          end
          reply = { 0, version + 1 }
        end
      end
    end
  end
  replies[#replies + 1] = reply
end
return replies
