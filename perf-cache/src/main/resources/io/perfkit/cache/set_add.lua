-- Adds a member to a set until a time, or lets it live longer, and tells all nodes. Atomic. To run it twice does no harm:
-- a member's end never comes nearer. Nothing for a caller that gave up: another may have removed the member since.
-- KEYS 1 the set (sorted set: member, and the server's time in ms at which it ends)
-- ARGV 1 the channel, 2 the message, 3 ms of the server's clock until which the caller waits, 4 most members, 5 most ended
--      ones to remove; 6 the member's ms to live from now, 0 for ever, 7 the end that stands for ever; 8 the member
-- Returns {now, 1} if it was not there, {now, 0} if it was, {now, -1} if there is no room; {now}, the server's clock in ms,
--         if it came too late. The set lives as long as its last member.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if now > tonumber(ARGV[3]) then
  return {now}
end
local ended = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', string.format('%.0f', now), 'LIMIT', 0, ARGV[5])
if #ended > 0 then
  redis.call('ZREM', KEYS[1], unpack(ended))
end
local ends = ARGV[6] == '0' and tonumber(ARGV[7]) or now + ARGV[6]
local before = tonumber(redis.call('ZSCORE', KEYS[1], ARGV[8]) or 0)
if before >= ends then
  return {now, 0}
end
if before <= now
    and redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[4])
    and redis.call('ZCOUNT', KEYS[1], string.format('(%.0f', now), '+inf') >= tonumber(ARGV[4]) then
  return {now, -1}
end
redis.call('ZADD', KEYS[1], string.format('%.0f', ends), ARGV[8])
local last = tonumber(redis.call('ZRANGE', KEYS[1], -1, -1, 'WITHSCORES')[2])
if last >= tonumber(ARGV[7]) then
  redis.call('PERSIST', KEYS[1])
else
  redis.call('PEXPIREAT', KEYS[1], string.format('%.0f', last))
end
redis.call('PUBLISH', ARGV[1], ARGV[2])
return {now, before > now and 0 or 1}
