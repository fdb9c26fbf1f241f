-- Adds a member to a set until a time, or lets it live longer, and tells all nodes. Atomic. To run it twice, or
-- late, does no harm: a member's end never comes nearer.
-- KEYS 1 the set (sorted set: member, and the server's time in ms at which it ends)
-- ARGV 1 the channel, 2 the message, 3 most members, 4 most ended ones to remove; 5 the member's ms to live from
--      now, 0 for ever, 6 the end that stands for ever; 7 the member
-- Returns 1 if it was not there, 0 if it was, -1 if there is no room. The set lives as long as its last member.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local ended = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', string.format('%.0f', now), 'LIMIT', 0, ARGV[4])
if #ended > 0 then
  redis.call('ZREM', KEYS[1], unpack(ended))
end
local ends = ARGV[5] == '0' and tonumber(ARGV[6]) or now + ARGV[5]
local before = tonumber(redis.call('ZSCORE', KEYS[1], ARGV[7]) or 0)
if before >= ends then
  return 0
end
if before <= now
    and redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[3])
    and redis.call('ZCOUNT', KEYS[1], string.format('(%.0f', now), '+inf') >= tonumber(ARGV[3]) then
  return -1
end
redis.call('ZADD', KEYS[1], string.format('%.0f', ends), ARGV[7])
local last = tonumber(redis.call('ZRANGE', KEYS[1], -1, -1, 'WITHSCORES')[2])
if last >= tonumber(ARGV[6]) then
  redis.call('PERSIST', KEYS[1])
else
  redis.call('PEXPIREAT', KEYS[1], string.format('%.0f', last))
end
redis.call('PUBLISH', ARGV[1], ARGV[2])
return before > now and 0 or 1
