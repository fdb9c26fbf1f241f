-- Stores a value and tells all nodes, so that their copies end; a lease under way is lost. Atomic. A put that arrives
-- after its caller gave it up changes nothing: it could be older than what came meanwhile.
-- KEYS 1 the entry, 2 its lease, 3 the partition's marks
-- ARGV 1 the body, 2 ms of its life, 3 ms to keep it after that, 4 ms to keep the marks, 5 its stamp (16 bytes), also
--      the generation if there is none, 6 the channel, 7 the message, 8 ms of the server's clock until which it counts
-- Returns {1 stored, 0 too late, or 2 Redis is full: the entry and its lease end instead; the server's clock in ms}
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if now > tonumber(ARGV[8]) then
  return {0, now}
end
local made = redis.pcall('HSETNX', KEYS[3], 'g', ARGV[5])
if type(made) == 'table' then
  if not string.find(made.err, 'OOM', 1, true) then
    return made
  end
  redis.call('UNLINK', KEYS[1], KEYS[2])
  redis.call('PUBLISH', ARGV[6], ARGV[7])
  return {2, now}
end
redis.call('HSETNX', KEYS[3], 's', 0)
redis.call('PEXPIRE', KEYS[3], ARGV[4])
local marks = redis.call('HMGET', KEYS[3], 'g', 's')
local head = 'V' .. marks[1] .. string.format('%016d', marks[2]) .. ARGV[5]
  .. string.format('%012d%012d', ARGV[2], ARGV[3])
redis.call('SET', KEYS[1], head .. ARGV[1], 'PX', ARGV[2] + ARGV[3])
redis.call('UNLINK', KEYS[2])
redis.call('PUBLISH', ARGV[6], ARGV[7])
return {1, now}
