-- Reads a hash or a list: all of it if it is small enough for a copy, else just what was asked. Atomic.
-- KEYS 1 the hash or list
-- ARGV 1 'hash' or 'list'; 2 most members of a copy; 3... the question: a command without its key
-- Returns {1, ms to live, all of it}; {2, ms to live, the answer}; {0} where something else stands.
-- Below 0 it lives for ever, or is empty.
local size = ARGV[1] == 'list' and redis.pcall('LLEN', KEYS[1]) or redis.pcall('HLEN', KEYS[1])
if type(size) ~= 'number' then
  return {0}
end
local ttl = redis.call('PTTL', KEYS[1])
if size > tonumber(ARGV[2]) then
  return {2, ttl, redis.call(ARGV[3], KEYS[1], unpack(ARGV, 4))}
elseif ARGV[1] == 'list' then
  return {1, ttl, redis.call('LRANGE', KEYS[1], 0, -1)}
end
return {1, ttl, redis.call('HGETALL', KEYS[1])}
