#!lua
-- gather: a record whose fallback is due joins the others of its event and user; the oldest still open speaks for all.
-- KEYS[1..8] and ARGV[1..5] as in inbox.lua   KEYS[9] gathering: mids by when they became due
-- ARGV[6] mid  [7] for how long they gather, ms  [8] how long the gathering is kept, ms
-- Returns { "EPOCH" } | { "OK", mid that speaks, ms until it may }.
-- Bounds: the gathering loses at most 100 ended records. Safe to run twice.
local c = inbox_context()
if not inbox_cell_epoch() then return { "EPOCH" } end
redis.call("ZADD", KEYS[9], "NX", string.format("%.0f", c.now), ARGV[6])
redis.call("PEXPIRE", KEYS[9], ARGV[8])
local eldest
for _ = 1, 100 do
  eldest = redis.call("ZRANGE", KEYS[9], 0, 0, "WITHSCORES")
  local record = redis.call("HGET", rollcall_event_key(c, eldest[1]), "u:" .. c.user)
  if eldest[1] == ARGV[6] or (record and not ROLLCALL_FINAL[string.match(record, "^(%a+)")]) then break end
  redis.call("ZREM", KEYS[9], eldest[1])
end
return { "OK", eldest[1], string.format("%.0f", math.max(0, tonumber(eldest[2]) + tonumber(ARGV[7]) - c.now)) }
