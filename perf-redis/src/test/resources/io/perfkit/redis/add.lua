-- KEYS 1 a counter, 2 a journal; ARGV 1 the amount; returns the sum, nil for amount 0; atomic
local amount = tonumber(ARGV[1])
if amount == nil then
  return redis.error_reply('ERR amount is not a number')
end
if amount == 0 then
  return nil
end
redis.call('RPUSH', KEYS[2], ARGV[1])
return redis.call('INCRBY', KEYS[1], amount)
