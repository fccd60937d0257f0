--- revoked: up to which time of issue users and rooms are revoked. Runs on the durable Redis, in no cell's epoch.
-- KEYS[1] `revocations` zset: "<tenant> <user>" -> ms at which it is forgotten.
-- ARGV: tenant, user, namespace, room ("" for none), of each question.
-- Returns { } when nothing is revoked at all, else per question { user ms or "", room ms or "" }.
-- `revoked:<tenant>:<user>` hash: "" or "<namespace> <room>" -> ms. Bounds: the questions given (revocations.ts: 500).

local prefix = string.match(KEYS[1], "^(.*:)revocations$")
-- include: text time
local now = time_ms()
for _, name in ipairs(redis.call("ZRANGEBYSCORE", KEYS[1], "-inf", int(now), "LIMIT", 0, 100)) do
  redis.call("DEL", prefix .. "revoked:" .. string.gsub(name, " ", ":"))
  redis.call("ZREM", KEYS[1], name)
end
if redis.call("EXISTS", KEYS[1]) == 0 then return {} end
local out = {}
for i = 1, #ARGV, 4 do
  local found = redis.call("HMGET", prefix .. "revoked:" .. ARGV[i] .. ":" .. ARGV[i + 1], "", ARGV[i + 2] .. " " .. ARGV[i + 3])
  out[#out + 1] = { found[1] or "", found[2] or "" }
end
return out
