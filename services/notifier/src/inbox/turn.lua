#!lua
-- turn: applies ledger events to one record, one after another, and sets its next timer.
-- KEYS[1..8] and ARGV[1..5] as in inbox.lua
-- ARGV[6] mid  [7] next timer, ms from now, or "" to leave it  [8..] ledger events
-- Returns { "EPOCH" } | { "NONE" } (no such record) or
-- { "OK", state, "1" when this call made it final, reason, attempts, name, data, info, end of ttl in ms or "",
-- now in ms, last change of the record in ms, seq }.
-- Bounds: one record, at most 4 events. Safe to run twice.
local c = inbox_context()
if not inbox_cell_epoch() then return { "EPOCH" } end
local mid = ARGV[6]
local key = rollcall_event_key(c, mid)
local final = "0"
for i = 8, #ARGV do
  local state, before = rollcall_ledger(c, mid, ARGV[i])
  if not state then
    redis.call("ZREM", KEYS[3], rollcall_timer(c, mid))
    return { "NONE" }
  end
  if state ~= before and ROLLCALL_FINAL[state] then final = "1" end
end
local expiresAt = redis.call("ZSCORE", KEYS[7], mid)
local record = redis.call("HGET", key, "u:" .. c.user)
if not record then
  redis.call("ZREM", KEYS[3], rollcall_timer(c, mid))
  return { "NONE" }
end
local state, seq, changedAt, reason, attempts = string.match(record, "^(%a+)|(%d+)|(%d+)|([%a_]*)|(%d+)$")
if ARGV[7] ~= "" and not ROLLCALL_FINAL[state] then
  local at = c.now + tonumber(ARGV[7])
  if expiresAt and tonumber(expiresAt) > c.now then at = math.min(at, tonumber(expiresAt)) end
  redis.call("ZADD", KEYS[3], string.format("%.0f", at), rollcall_timer(c, mid))
end
if ROLLCALL_FINAL[state] then redis.call("ZREM", KEYS[3], rollcall_timer(c, mid)) end
if ROLLCALL_FINAL[state] and expiresAt and tonumber(expiresAt) <= c.now then inbox_remove(c, mid) end
local event = redis.call("HMGET", key, "name", "data", "info")
return { "OK", state, final, reason, attempts, event[1], event[2], event[3], expiresAt or "",
  string.format("%.0f", c.now), changedAt, seq }
