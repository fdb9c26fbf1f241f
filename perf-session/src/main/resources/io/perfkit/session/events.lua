-- Reads what happened to sessions after an event. Atomic.
-- KEYS 1 the events
-- ARGV 1 the last event read, or '' to find the newest, 2 how many at most
-- Returns the time in ms; the id of the newest event, or '' if there is none; how many are kept; whether the last event
--      read is still there; and the events after it, oldest first: id, and field and value.
-- Stored in an event: t when in ms, k kind: c (created), r (renewed), e (ended), i id; of c and e: u user or nothing;
--      c: w client; r: n new id; e: y reason, c created and l last seen in ms or nothing.
local stream, after = KEYS[1], ARGV[1]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local newest = redis.call('XREVRANGE', stream, '+', '-', 'COUNT', 1)
newest = newest[1] and newest[1][1] or ''
if after == '' then
  return { now, newest, 0, 1, {} }
end
local read = redis.call('XRANGE', stream, after, '+', 'COUNT', ARGV[2] + 1)
local there = read[1] and read[1][1] == after
if there then
  table.remove(read, 1)
end
return { now, newest, redis.call('XLEN', stream), there and 1 or 0, read }
