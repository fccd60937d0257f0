#!lua
-- raise: begins a new epoch of the store for this run of Redis, unless that was done.
-- KEYS[1] epoch record   ARGV[1] run id   ARGV[2] highest epoch ever seen by the caller
-- Returns the epoch in force. Bounds: 3 commands. Safe to run twice.
local record = redis.call("HMGET", KEYS[1], "run", "epoch")
if record[1] == ARGV[1] and record[2] then return record[2] end
local time = redis.call("TIME")
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local epoch = string.format("%.0f", math.max(now, tonumber(ARGV[2]) + 1, tonumber(record[2] or 0) + 1))
redis.call("HSET", KEYS[1], "run", ARGV[1], "epoch", epoch)
return epoch
