#!lua
-- sync: reads a page of an inbox.
-- KEYS[1..8] and ARGV[1..5] as in inbox.lua
-- ARGV[6] mode: "after" | "before" | "newest"  [7] seq, exclusive, or 0  [8] limit  [9] most bytes of data
-- Returns { "EPOCH" } or { "OK", epoch, seq, unread, more = 0 | 1, mid, seq, read = 0 | 1, name, data, info, ... }:
-- items in the order of reading (after: ascending, else descending).
-- Bounds: 100 items, 100 expired ones. Writes only what has expired.
local c = inbox_context()
local cellEpoch = inbox_cell_epoch()
if not cellEpoch then return { "EPOCH" } end
inbox_expire(c, {})
local head = redis.call("HMGET", KEYS[4], "birth", "seq")
local epoch = cellEpoch .. "." .. (head[1] or "0")
local mode, limit = ARGV[6], tonumber(ARGV[8])
local found
if mode == "after" then
  found = redis.call("ZRANGEBYSCORE", KEYS[5], "(" .. ARGV[7], "+inf", "WITHSCORES", "LIMIT", 0, limit + 1)
else
  local top = mode == "before" and "(" .. ARGV[7] or "+inf"
  found = redis.call("ZREVRANGEBYSCORE", KEYS[5], top, "-inf", "WITHSCORES", "LIMIT", 0, limit + 1)
end
local reply = { "OK", epoch, tonumber(head[2] or 0), redis.call("ZCARD", KEYS[6]), 0 }
local bytes, count = 0, 0
for i = 1, #found, 2 do
  local event = redis.call("HMGET", rollcall_event_key(c, found[i]), "name", "data", "info")
  if event[1] then
    bytes = bytes + #event[2] + #event[3]
    if count == limit or (count > 0 and bytes > tonumber(ARGV[9])) then
      reply[5] = 1
      break
    end
    count = count + 1
    local read = redis.call("ZSCORE", KEYS[6], found[i]) and 0 or 1
    for _, value in ipairs({ found[i], found[i + 1], read, event[1], event[2], event[3] }) do
      reply[#reply + 1] = value
    end
  end
end
return reply
