--- revoke-record: remembers a revocation for as long as a token it concerns can be valid. Runs on the durable Redis.
-- KEYS[1] `revocations` (see revoked.lua). ARGV[1] tenant, [2] user, [3] namespace ("" with no room), [4] room ("" = all),
--   [5] issued at or before this ms ("" = now, in whole seconds), [6] ms to remember it.
-- Returns the ms of [5]. A later one never shortens an earlier. Bounds: one record.

local prefix = string.match(KEYS[1], "^(.*:)revocations$")
-- include: text time
local now = time_ms()
local before = tonumber(ARGV[5]) or math.floor(now / 1000) * 1000
local key, field = prefix .. "revoked:" .. ARGV[1] .. ":" .. ARGV[2], ARGV[4] == "" and "" or ARGV[3] .. " " .. ARGV[4]
local known = tonumber(redis.call("HGET", key, field) or "-1")
if before > known then redis.call("HSET", key, field, int(before)) end
redis.call("ZADD", KEYS[1], "GT", int(now + tonumber(ARGV[6])), ARGV[1] .. " " .. ARGV[2])
return int(before)
