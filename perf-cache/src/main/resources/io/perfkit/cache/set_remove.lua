-- Removes a member of a set and tells all nodes if it was there. Atomic.
-- KEYS 1 the set (sorted set: member, and the server's time in ms at which it ends)
-- ARGV 1 the channel, 2 the message, 3 most ended members to remove, 4 the end that stands for ever; 5 the member
-- Returns 1 if it was there and had not ended, else 0. The set lives as long as its last member.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local ended = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', string.format('%.0f', now), 'LIMIT', 0, ARGV[3])
if #ended > 0 then
  redis.call('ZREM', KEYS[1], unpack(ended))
end
local before = tonumber(redis.call('ZSCORE', KEYS[1], ARGV[5]) or 0)
if before <= now then
  return 0
end
redis.call('ZREM', KEYS[1], ARGV[5])
local last = redis.call('ZRANGE', KEYS[1], -1, -1, 'WITHSCORES')[2]
if last and tonumber(last) < tonumber(ARGV[4]) then
  redis.call('PEXPIREAT', KEYS[1], string.format('%.0f', tonumber(last)))
end
redis.call('PUBLISH', ARGV[1], ARGV[2])
return 1
