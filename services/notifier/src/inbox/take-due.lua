#!lua
-- take-due: the timers whose time has come, each put off so that nobody else takes it meanwhile.
-- KEYS[1] due   ARGV[1] most of them   ARGV[2] how far they are put off, ms
-- Returns timers, `<tenant> <namespace> <user> <mid>`.
-- Bounds: ARGV[1] timers. Safe to run twice: what is not dealt with comes again.
local time = redis.call("TIME")
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local found = redis.call("ZRANGEBYSCORE", KEYS[1], "-inf", now, "LIMIT", 0, ARGV[1])
for _, timer in ipairs(found) do
  redis.call("ZADD", KEYS[1], string.format("%.0f", now + tonumber(ARGV[2])), timer)
end
return found
