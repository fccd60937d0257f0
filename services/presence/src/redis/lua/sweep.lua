--- sweep: everything that is due, a bounded part of it. Any number of replicas may call it at any time.
-- KEYS[1] the cell's epoch record.
-- ARGV[1] run id, [2] "1" if the caller's Redis and NATS are well, [3] why it wants the brake, "" if it does not,
--   [4] traceparent for what tells of the end of sessions whose connect was sampled, "" for none.
-- Returns { "OK", epoch, brake, more, edges fenced, sessions lost, sessions ended,
--   { { connect's traceparent, reason } of the ended, ... }, edges that hold a lease,
--   lines told to the backends } | { "EPOCH" }; more = "1": call again.
-- Bounds: about CFG.sweep items, and one session's rooms beyond.
-- W1 What is due is found, decided and changed in one commit: N replicas make one transition of it.
-- W2 While the brake holds no lease and no grace ends. It holds at least CFG.lease, except after many leases ended at once;
--    it ends when every edge has renewed since, or when it has held CFG.brake while an observer was well, and then the
--    edges that did not renew are fenced with it, so that they cannot start it again.
-- flags: allow-oom
-- include: text time cell

if not cell.enter(ARGV[1], ARGV[2] == "1") then return { "EPOCH" } end
local prefix, budget, more = cell.prefix, CFG.sweep, ""

--- Nearly always: found out before the rest of the script is put together, which costs more than to look.
local function nothing_due()
  if cell.brake or ARGV[3] ~= "" then return false end
  for _, key in ipairs({ "leases", "grace", "retain", "occupancy", "resync", "expiry", "publish" }) do
    if redis.call("ZCOUNT", prefix .. key, "-inf", int(cell.clock)) > 0 then return false end
  end
  return redis.call("EXISTS", prefix .. "evicting") == 0
end
if nothing_due() then
  return { "OK", cell.epoch, cell.stale(), more, 0, 0, 0, {}, redis.call("ZCARD", prefix .. "leases"), 0 }
end

-- include: packed edges users rooms sessions state

local fenced, lost, ended, traced = 0, 0, 0, {}

--- The members of `key` that are due. Says that there is more when it could not take all.
local function due(key)
  local found = redis.call("ZRANGEBYSCORE", prefix .. key, "-inf", int(cell.clock), "WITHSCORES", "LIMIT", 0, math.max(budget, 1))
  if #found / 2 >= budget then more = "1" end
  return found
end

--- `act(room, its ref, when it was due)` for each room of `key` that is due.
local function each_room(key, act)
  local over = due(key)
  for i = 1, #over, 2 do
    budget = budget - 1
    local tenant, ns, room = unpack(split(over[i], " "))
    act(rooms.load(tenant, ns, room), over[i], tonumber(over[i + 1]))
  end
end

local function hold(reason)
  cell.brake, cell.spent = reason, 0
  redis.call("HSET", KEYS[1], "brake", reason, "spent", 0)
end

local function release()
  local unrenewed = redis.call("ZRANGEBYSCORE", prefix .. "leases", "-inf", "(" .. int(cell.clock + CFG.lease), "LIMIT", 0, CFG.edges)
  local held = cell.brake == "leases" and 0 or CFG.lease
  if cell.spent < CFG.brake and (cell.spent < held or #unrenewed > 0) then return end
  redis.call("HDEL", KEYS[1], "brake", "spent")
  cell.brake = false
  for _, edge in ipairs(unrenewed) do
    fenced = fenced + 1
    edges.fence(edge, "evicted", cell.clock)
  end
end

local function leases()
  local expired = due("leases")
  if #expired == 0 then return end
  local recent = redis.call("ZCOUNT", prefix .. "expired", int(cell.clock - CFG.lease), "+inf")
  local known = redis.call("ZCARD", prefix .. "leases") + recent
  local gone = #expired / 2 + recent
  if gone >= 2 and gone >= CFG.brake_share * known then return hold("leases") end
  redis.call("ZREMRANGEBYSCORE", prefix .. "expired", "-inf", int(cell.clock - CFG.lease))
  for i = 1, #expired, 2 do
    fenced = fenced + 1
    redis.call("ZADD", prefix .. "expired", int(cell.clock), expired[i])
    edges.fence(expired[i], "evicted", tonumber(expired[i + 1]))
  end
end

local function evict()
  local entry = redis.call("ZRANGE", prefix .. "evicting", 0, 0, "WITHSCORES")
  if #entry == 0 then return end
  local reason, edge, set = unpack(split(entry[1], " "))
  local taken = redis.call("SPOP", edges.key(edge) .. ":" .. set, budget)
  for _, ref in ipairs(taken) do
    local u, s = sessions.find(ref)
    if s and s.edge == edge and s.lost == "" then
      lost = lost + 1
      sessions.lose(u, s, reason, tonumber(entry[2]))
      users.save(u, { reason = reason, tp = "" })
    end
  end
  if #taken < budget then redis.call("ZREM", prefix .. "evicting", entry[1]) end
  budget = budget - #taken
  more = "1"
end

local function grace()
  local over = due("grace")
  for i = 1, #over, 2 do
    if budget <= 0 then return end
    local u, s = sessions.find(over[i])
    if s and s.lost ~= "" then
      ended = ended + 1
      local delay = int(cell.clock - tonumber(over[i + 1]) + CFG.grace)
      local tp = s.trace == "" and "" or ARGV[4] -- G6
      if tp ~= "" then traced[#traced + 1] = { s.trace, s.lost } end
      budget = budget - sessions.finish(u, s, { reason = s.lost, tp = tp, delay = delay })
    else
      redis.call("ZREM", prefix .. "grace", over[i])
      budget = budget - 1
    end
  end
end

local function retain(r, ref, due_at)
  if rooms.count(r) > 0 then
    redis.call("ZREM", prefix .. "retain", ref)
  elseif r.exists and r.state_retain > 0 and r.state_retain < r.retain then
    state.clear(r) -- the history outlives the state
    redis.call("HSET", r.key .. "i", "g", 0)
    redis.call("ZADD", prefix .. "retain", int(due_at + r.retain - r.state_retain), ref)
  else
    rooms.forget(r)
  end
end

local function occupancy(r, ref)
  if r.occupancy then rooms.tell_occupancy(r, rooms.count(r)) else redis.call("ZREM", prefix .. "occupancy", ref) end
end

local function resync(r, ref)
  redis.call("ZREM", prefix .. "resync", ref)
  if rooms.count(r) > 0 then rooms.resync(r, '"roster"', "repair", CFG.spread) end
end

if ARGV[3] ~= "" and not cell.brake then hold(ARGV[3]) end
if cell.brake then release() end
if not cell.brake then leases() end -- may start the brake
if not cell.brake then
  evict()
  if budget > 0 then grace() end
end
if budget > 0 then each_room("retain", retain) end
if budget > 0 then each_room("occupancy", occupancy) end
if budget > 0 then each_room("resync", resync) end
if budget > 0 then each_room("expiry", state.expire) end
if budget > 0 then each_room("publish", state.publish) end
if budget <= 0 then more = "1" end
return { "OK", cell.epoch, cell.stale(), more, fenced, lost, ended, traced,
  redis.call("ZCARD", prefix .. "leases"), cell.told }
