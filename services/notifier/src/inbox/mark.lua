#!lua
-- mark: a device has everything up to a seq (`ack`), or the person read something or wants it back.
-- KEYS[1..8] and ARGV[1..5] as in inbox.lua
-- ARGV[6] op: "ack" | "readUpTo" | "read" | "unread"  [7] epoch for ack, or ""  [8] seq for ack and readUpTo, or 0
-- ARGV[9..] mids for read and unread, at most 500
-- Returns { "EPOCH" } | { "CONFLICT", epoch } (nothing written) or
-- { "OK" | "MORE", epoch, ack, unread, changed, outcome, reason, ... }; MORE: call again, 500 were done.
-- Bounds: 500 items and 100 expired ones a call. Safe to run twice.
local c = inbox_context()
local cellEpoch = inbox_cell_epoch()
if not cellEpoch then return { "EPOCH" } end
local head = redis.call("HMGET", KEYS[4], "birth", "seq", "ack")
local epoch = head[1] and (cellEpoch .. "." .. head[1]) or (cellEpoch .. ".0")
local newest, ack = tonumber(head[2] or 0), tonumber(head[3] or 0)
local op, upTo = ARGV[6], math.min(tonumber(ARGV[8]), newest)
if op == "ack" and ARGV[7] ~= epoch then return { "CONFLICT", epoch } end

local outcomes, changed, status = {}, 0, "OK"
if op == "ack" then
  if upTo > ack then
    local found = redis.call("ZRANGEBYSCORE", KEYS[5], "(" .. ack, upTo, "WITHSCORES", "LIMIT", 0, 500)
    for i = 1, #found, 2 do
      local state, before = rollcall_ledger(c, found[i], "ack")
      if state and state ~= before and ROLLCALL_FINAL[state] then
        outcomes[#outcomes + 1] = state
        outcomes[#outcomes + 1] = ""
      end
    end
    if #found == 1000 then
      status, upTo = "MORE", tonumber(found[999 + 1])
    end
    ack = upTo
    redis.call("HSET", KEYS[4], "ack", string.format("%.0f", ack))
    changed = 1
  end
elseif op == "readUpTo" then
  changed = redis.call("ZREMRANGEBYSCORE", KEYS[6], "-inf", upTo)
else
  for i = 9, #ARGV do
    if op == "read" then
      changed = changed + redis.call("ZREM", KEYS[6], ARGV[i])
    else
      local seq = redis.call("ZSCORE", KEYS[5], ARGV[i])
      if seq then changed = changed + redis.call("ZADD", KEYS[6], seq, ARGV[i]) end
    end
  end
  if changed > 0 and op == "unread" then
    local keepUntil = redis.call("PEXPIRETIME", KEYS[4])
    if keepUntil > 0 then redis.call("PEXPIREAT", KEYS[6], string.format("%.0f", keepUntil)) end
  end
end
inbox_expire(c, outcomes)
return { status, epoch, ack, redis.call("ZCARD", KEYS[6]), changed, unpack(outcomes) }
