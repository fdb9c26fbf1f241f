-- Finds out what Redis does when it is full.
-- KEYS 1 any key of the server
-- Returns maxmemory-policy, or '' if Redis does not tell this user.
local info = redis.pcall('INFO', 'memory')
return type(info) == 'string' and string.match(info, 'maxmemory_policy:([%w-]+)') or ''
