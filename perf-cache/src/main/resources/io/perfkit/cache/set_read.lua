-- Reads a set whose members end: all that live if they are few enough for a copy, else just what was asked. Atomic.
-- KEYS 1 the set (sorted set: member, and the server's time in ms at which it ends)
-- ARGV 1 most members of a copy, -1 if none is wanted; 2 the question: 'member', 'size' or 'all'; 3 the member
-- Returns {1, -1, members and their ends, now}; {2, -1, the answer: 1 or 0, a number, or members}, {3, …} if no
--         copy was wanted; {0} where something else stands. Now is the server's time in ms; what ends now has ended.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local after = string.format('(%.0f', now)
local size = redis.pcall('ZCOUNT', KEYS[1], after, '+inf')
if type(size) ~= 'number' then
  return {0}
end
local code = ARGV[1] == '-1' and 3 or 2
if size <= tonumber(ARGV[1]) then
  return {1, -1, redis.call('ZRANGEBYSCORE', KEYS[1], after, '+inf', 'WITHSCORES'), now}
elseif ARGV[2] == 'member' then
  local ends = redis.call('ZSCORE', KEYS[1], ARGV[3])
  return {code, -1, ends and tonumber(ends) > now and 1 or 0}
elseif ARGV[2] == 'size' then
  return {code, -1, size}
end
return {code, -1, redis.call('ZRANGEBYSCORE', KEYS[1], after, '+inf')}
