-- Stores fields of a hash and tells all nodes. Atomic: all of them or none.
-- KEYS 1 the hash
-- ARGV 1 the channel, 2 the message, 3 most fields, 4 the hash's ms to live from now, 0 to leave that as it is;
--      5 'put' or 'absent', which stores only where nothing stands; 6... fields and values
-- Returns 1 if stored, 0 if something stood there, -1 if there is no room for all.
local size = redis.call('HLEN', KEYS[1])
local added = 0
for i = 6, #ARGV, 2 do
  added = added + 1 - redis.call('HEXISTS', KEYS[1], ARGV[i])
end
if ARGV[5] == 'absent' and added == 0 then
  return 0
end
if added > 0 and size + added > tonumber(ARGV[3]) then
  return -1
end
for i = 6, #ARGV, 2 do
  redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1])
end
if ARGV[4] ~= '0' then
  redis.call('PEXPIRE', KEYS[1], ARGV[4])
end
redis.call('PUBLISH', ARGV[1], ARGV[2])
return 1
