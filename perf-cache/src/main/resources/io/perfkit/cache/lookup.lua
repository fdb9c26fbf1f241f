-- Finds an entry, and takes the lease that allows to fill it where it is absent, past its life or nearly. Atomic.
-- KEYS 1 the entry, 2 its lease, 3 the partition's marks (hash: g = generation, s = sequence, t<tag> = sequence of
--      its end)
-- ARGV 1 token of the lease (16 bytes), '' to take none; 2 its length in ms; 3 ms to keep the marks;
--      4 stamp of an entry that the caller can't read, or ''; 5 stamp of the caller's copy, or '';
--      6 share of its life from whose end on an entry may be loaded again ahead of time, 0 for none;
--      7 ms of the server's clock after which the caller waits no longer, '' if it does not know that clock
-- Returns {lease, ms, entry, left, life, keep, stamp, body}
--   lease: 0 not asked for, none needed, or Redis is full; 1 the caller's, and ms is the server's clock;
--          2 another's, for that many ms; its holder publishes when it is done; 3 loads rest for that many ms, for one has failed and an
--          entry is there that may serve; 4 none, for the caller waits no longer, and ms is the server's clock
--   entry: 0 none, and then nothing follows; 1 with its body; 2 the caller has a copy of it
--   left: ms of its life, 0 or less once it is over, for keep ms more; life: how long it was
-- Stored: the entry 'V' generation(16) sequence(16) stamp(16) life(12) keep(12) body, numbers as digits;
--         the lease 'L' token(16) generation(16) sequence(16) awaited(1, '0' or '1'), or 'T' and the same at rest;
-- body: flags(1) number of tags(1) then for each tag length(1) and text, then the value.
-- Anything else that stands there is overwritten as if it were absent.
local function full(failure)
  return string.find(failure.err, 'OOM', 1, true) ~= nil
end

local function live(stored, generation)
  if #stored < 75 or string.sub(stored, 1, 17) ~= 'V' .. generation then
    return false
  end
  local sequence = tonumber(string.sub(stored, 18, 33))
  if not (sequence and tonumber(string.sub(stored, 50, 61)) and tonumber(string.sub(stored, 62, 73))) then
    return false
  end
  local at = 76
  for _ = 1, string.byte(stored, 75) do
    local length = string.byte(stored, at)
    if length == nil then
      return false
    end
    local ended = redis.call('HGET', KEYS[3], 't' .. string.sub(stored, at + 1, at + length))
    if ended and tonumber(ended) > sequence then
      return false
    end
    at = at + length + 1
  end
  return true
end

local reply = {0, 0, 0}
local due = true
local stored = redis.pcall('GET', KEYS[1])
local generation = redis.call('HGET', KEYS[3], 'g')
if type(stored) == 'string' and generation and string.sub(stored, 34, 49) ~= ARGV[4] and live(stored, generation) then
  local life = tonumber(string.sub(stored, 50, 61))
  local keep = tonumber(string.sub(stored, 62, 73))
  local ttl = redis.call('PTTL', KEYS[1])
  local left = ttl < 0 and life or ttl - keep
  local stamp = string.sub(stored, 34, 49)
  due = left <= life * ARGV[6]
  if stamp == ARGV[5] then
    reply = {0, 0, 2, left, life, keep}
  else
    reply = {0, 0, 1, left, life, keep, stamp, string.sub(stored, 74)}
  end
end
if ARGV[1] == '' or not due then
  return reply
end
local lease = redis.pcall('GET', KEYS[2])
if type(lease) == 'string' and #lease == 50 and generation and string.sub(lease, 18, 33) == generation then
  local ttl = redis.call('PTTL', KEYS[2])
  local kind = string.sub(lease, 1, 1)
  if ttl > 0 and kind == 'L' then
    if (reply[3] == 0 or reply[4] <= 0) and string.sub(lease, 50) == '0' then
      local marked = redis.pcall('SETRANGE', KEYS[2], 49, '1')
      if type(marked) == 'table' then -- nobody would tell this caller, so it does not wait
        return full(marked) and reply or marked
      end
    end
    reply[1], reply[2] = 2, ttl
    return reply
  end
  if ttl > 0 and kind == 'T' and reply[3] > 0 then
    reply[1], reply[2] = 3, ttl
    return reply
  end
end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if ARGV[7] ~= '' and now > tonumber(ARGV[7]) then
  reply[1], reply[2] = 4, now
  return reply
end
-- The first write is one that a full Redis refuses: after any other it would refuse none.
local sequence = string.format('%016d', generation and redis.call('HGET', KEYS[3], 's') or 0)
local taken = redis.pcall('SET', KEYS[2], 'L' .. ARGV[1] .. (generation or ARGV[1]) .. sequence .. '0', 'PX', ARGV[2])
if taken.err then
  return full(taken) and reply or taken
end
if not generation then
  redis.call('HSET', KEYS[3], 'g', ARGV[1], 's', 0)
end
redis.call('PEXPIRE', KEYS[3], ARGV[3])
reply[1], reply[2] = 1, now
return reply
