-- Removes a member of a set and tells all nodes if it was there. Atomic. Nothing for a caller that gave up: another may
-- have added the member since.
-- KEYS 1 the set (sorted set: member, and the server's time in ms at which it ends)
-- ARGV 1 the channel, 2 the message, 3 ms of the server's clock until which the caller waits, 4 most ended members to
--      remove, 5 the end that stands for ever; 6 the member
-- Returns {now, 1} if it was there and had not ended, else {now, 0}; {now}, the server's clock in ms, if it came too late.
--         The set lives as long as its last member.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if now > tonumber(ARGV[3]) then
  return {now}
end
local ended = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', string.format('%.0f', now), 'LIMIT', 0, ARGV[4])
if #ended > 0 then
  redis.call('ZREM', KEYS[1], unpack(ended))
end
local before = tonumber(redis.call('ZSCORE', KEYS[1], ARGV[6]) or 0)
if before <= now then
  return {now, 0}
end
redis.call('ZREM', KEYS[1], ARGV[6])
local last = redis.call('ZRANGE', KEYS[1], -1, -1, 'WITHSCORES')[2]
if last and tonumber(last) < tonumber(ARGV[5]) then
  redis.call('PEXPIREAT', KEYS[1], string.format('%.0f', tonumber(last)))
end
redis.call('PUBLISH', ARGV[1], ARGV[2])
return {now, 1}
