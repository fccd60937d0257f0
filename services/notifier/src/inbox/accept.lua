#!lua
-- accept: takes one durable event into the inbox of one recipient, with its ledger record and its timer.
-- KEYS[1..8] and ARGV[1..5] as in inbox.lua   KEYS[9] event
-- ARGV[6] mid  [7] event name  [8] data JSON  [9] info JSON  [10] end of its ttl, ms  [11] fallback after ms, or ""
-- ARGV[12] collapse key, or ""  [13] "1" = the recipient does not want it  [14] size of an inbox  [15] how long a
-- record is kept after its ttl, ms  [16] source, or ""  [17] sequence there  [18] "1" = the source is being read again
-- Returns { "EPOCH" } (nothing written) or { "NEW" | "REPEAT", state, epoch, seq, unread, acknowledged up to,
-- { unread items that made way }, outcome, reason, ... } with the outcomes of the records that this one ended.
-- Bounds: 100 expired items, one collapsed, one evicted. Safe to run twice: the record is looked for first.
local c = inbox_context()
local cellEpoch = inbox_cell_epoch()
if not cellEpoch then return { "EPOCH" } end
if ARGV[16] ~= "" and ARGV[18] ~= "1" and redis.call("HGET", KEYS[1], "done:" .. ARGV[16]) ~= cellEpoch then return { "EPOCH" } end

local mid, eventKey, field = ARGV[6], KEYS[9], "u:" .. c.user
local known = redis.call("HGET", eventKey, field)
if known then
  local state, seq = string.match(known, "^(%a+)|(%d+)|")
  return { "REPEAT", state, inbox_epoch(cellEpoch), tonumber(seq), redis.call("ZCARD", KEYS[6]), 0, {} }
end

local expiresAt = tonumber(ARGV[10])
local outcomes, gone = {}, {}
inbox_expire(c, outcomes, gone)

local function keep(record)
  if redis.call("EXISTS", eventKey) == 0 then
    redis.call("HSET", eventKey, "name", ARGV[7], "data", ARGV[8], "info", ARGV[9], "source", ARGV[16], "open", 0)
    if ARGV[12] ~= "" then redis.call("HSET", eventKey, "collapse", ARGV[12]) end
  end
  redis.call("HSET", eventKey, field, record)
  redis.call("PEXPIREAT", eventKey, string.format("%.0f", math.max(c.now, expiresAt) + tonumber(ARGV[15])))
end

local epoch = inbox_epoch(cellEpoch)
local acked = tonumber(redis.call("HGET", KEYS[4], "ack"))
if ARGV[13] == "1" then
  keep("suppressed|0|" .. string.format("%.0f", c.now) .. "|preference|0")
  return { "NEW", "suppressed", epoch, 0, redis.call("ZCARD", KEYS[6]), acked, gone, "suppressed", "preference",
    unpack(outcomes) }
end

local function finish(other, event)
  local state, before, reason = rollcall_ledger(c, other, event)
  if state and state ~= before and ROLLCALL_FINAL[state] then
    outcomes[#outcomes + 1] = state
    outcomes[#outcomes + 1] = reason
  end
  if inbox_remove(c, other) then gone[#gone + 1] = other end
end
if ARGV[12] ~= "" then
  local older = redis.call("HGET", KEYS[8], ARGV[12])
  if older and redis.call("ZSCORE", KEYS[6], older) then finish(older, "collapse") end
end
if redis.call("ZCARD", KEYS[5]) >= tonumber(ARGV[14]) then
  finish(redis.call("ZRANGE", KEYS[5], 0, 0)[1], "evict")
end

local seq = redis.call("HINCRBY", KEYS[4], "seq", 1)
keep("pending|" .. string.format("%.0f", seq) .. "|" .. string.format("%.0f", c.now) .. "||0")
redis.call("HINCRBY", eventKey, "open", 1)
if ARGV[16] ~= "" then redis.call("ZADD", c.open .. ARGV[16], ARGV[17], eventKey) end
redis.call("ZADD", KEYS[5], seq, mid)
redis.call("ZADD", KEYS[6], seq, mid)
redis.call("ZADD", KEYS[7], ARGV[10], mid)
if ARGV[12] ~= "" then redis.call("HSET", KEYS[8], ARGV[12], mid) end
local dueAt = expiresAt
if ARGV[11] ~= "" then dueAt = math.min(dueAt, c.now + tonumber(ARGV[11])) end
redis.call("ZADD", KEYS[3], string.format("%.0f", dueAt), rollcall_timer(c, mid))

-- The lists outlive their newest item by the time that its record is kept.
local keepUntil = string.format("%.0f", math.max(c.now, expiresAt) + tonumber(ARGV[15]))
for i = 4, 8 do
  if redis.call("PEXPIRETIME", KEYS[i]) < tonumber(keepUntil) then redis.call("PEXPIREAT", KEYS[i], keepUntil) end
end
return { "NEW", "pending", epoch, seq, redis.call("ZCARD", KEYS[6]), acked, gone, unpack(outcomes) }
