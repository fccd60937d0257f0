--- What the scripts on one inbox share. Part of larger scripts, behind ledger.lua.
-- KEYS[1] epoch record  KEYS[2] births  KEYS[3] due
-- KEYS[4] head  KEYS[5] items  KEYS[6] unread  KEYS[7] expiry  KEYS[8] collapse
-- ARGV[1] run id  ARGV[2] key prefix  ARGV[3] tenant  ARGV[4] namespace  ARGV[5] user
local function inbox_context()
  local time = redis.call("TIME")
  return {
    prefix = ARGV[2], tenant = ARGV[3], ns = ARGV[4], user = ARGV[5], due = KEYS[3], open = ARGV[2] .. "inbox-open:",
    now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000),
  }
end

--- The store's epoch, or nil when this is another run of Redis than it was raised for: write nothing then.
local function inbox_cell_epoch()
  local record = redis.call("HMGET", KEYS[1], "run", "epoch")
  if record[1] ~= ARGV[1] then return nil end
  return record[2]
end

--- The inbox's epoch on the wire; births one when it is not there.
local function inbox_epoch(cellEpoch)
  local birth = redis.call("HGET", KEYS[4], "birth")
  if not birth then
    birth = string.format("%.0f", redis.call("INCR", KEYS[2]))
    redis.call("HSET", KEYS[4], "birth", birth, "seq", 0, "ack", 0)
  end
  return cellEpoch .. "." .. birth
end

--- Takes an item out of the lists. Its record is another matter. True when it was unread.
local function inbox_remove(c, mid)
  redis.call("ZREM", KEYS[5], mid)
  local unread = redis.call("ZREM", KEYS[6], mid)
  redis.call("ZREM", KEYS[7], mid)
  local collapse = redis.call("HGET", rollcall_event_key(c, mid), "collapse")
  if collapse and redis.call("HGET", KEYS[8], collapse) == mid then redis.call("HDEL", KEYS[8], collapse) end
  return unread == 1
end

--- Items whose ttl has passed, at most 100; adds what became of their records (state, reason, ...) to
--- `outcomes`, and those that were unread to `gone`, if given.
local function inbox_expire(c, outcomes, gone)
  for _, mid in ipairs(redis.call("ZRANGEBYSCORE", KEYS[7], "-inf", c.now, "LIMIT", 0, 100)) do
    local state, before, reason = rollcall_ledger(c, mid, "expire")
    if state and state ~= before then
      outcomes[#outcomes + 1] = state
      outcomes[#outcomes + 1] = reason
    end
    if inbox_remove(c, mid) and gone then gone[#gone + 1] = mid end
  end
end
