--- cell: the record `epoch` of one cell, and its clock.
-- KEYS[1] of every script is that record's key; all other keys carry its hash tag and are derived from it.
-- Fields: run (Redis run id it was written under), epoch, t (Redis TIME last seen), c (the cell's clock),
--   p (ms that passed in all, and CFG.gap_passed for each gap or step back of Redis TIME: ages are compared on it),
--   brake (reason, absent when it does not hold), spent (ms the brake has held while its observers were well),
--   i (the highest incarnation of any session so far).
-- C1 The cell's clock follows Redis TIME, never backwards, and stands while the brake holds; a gap of more than CFG.gap
--    between two looks counts as CFG.gap_step: a jump, an outage or an absence of every replica ends no deadline.
-- C2 A record of another run, or none, refuses everything.

--- `told`: lines for the backends in this commit.
local cell = { prefix = string.match(KEYS[1], "^(.*:)epoch$"), told = 0 }

--- Returns false when the caller must raise the epoch. `well`: may the brake's time be counted. `peek`: write nothing.
function cell.enter(run, well, peek)
  local r = redis.call("HMGET", KEYS[1], "run", "epoch", "t", "c", "brake", "spent", "p", "i")
  if r[1] ~= run then return false end -- C2
  local now, t = time_ms(), tonumber(r[3])
  local step = math.max(now - t, 0)
  cell.passed = tonumber(r[7] or "0") + ((now < t or step > CFG.gap) and CFG.gap_passed or step)
  if step > CFG.gap then step = CFG.gap_step end -- C1
  cell.epoch, cell.brake, cell.now = r[2], r[5], now
  cell.clock = tonumber(r[4]) + (r[5] and 0 or step)
  cell.spent = tonumber(r[6] or "0") + ((r[5] and well) and step or 0)
  cell.highest = tonumber(r[8] or "0")
  if not peek and (step >= CFG.tick or now < t) then
    redis.call("HSET", KEYS[1], "t", int(now), "c", int(cell.clock), "p", int(cell.passed))
    if r[5] then redis.call("HSET", KEYS[1], "spent", int(cell.spent)) end
  end
  return true
end

--- A number no record of this epoch had before: with the epoch it names one life of a record.
function cell.birth()
  return int(redis.call("INCR", cell.prefix .. "births"))
end

--- An edge says, or is told, that a session has this incarnation.
function cell.saw_incarnation(number)
  if number <= cell.highest then return end
  cell.highest = number
  redis.call("HSET", KEYS[1], "i", int(number))
end

--- G3. An incarnation not below `least`, Redis TIME, and any before: neither an older copy of the store nor a clock that
--- went back gives one that an edge may have seen outlived.
function cell.incarnation(least)
  local number = math.max(least, cell.now, cell.highest)
  cell.saw_incarnation(number)
  return int(number)
end

function cell.stale()
  return cell.brake and "1" or "0"
end

--- One line for the backends, in the same commit as the change it tells of. See workers/outbox.ts for the fields.
function cell.tell(kind, id, tp, tenant, user, ns, room, data, delay)
  cell.told = cell.told + 1
  redis.call("XADD", cell.prefix .. "outbox", "MAXLEN", "~", CFG.outbox_max, "*", "k", kind, "id", id, "tp", tp, "t", tenant, "u", user,
    "n", ns, "r", room, "d", data, "w", delay or "")
end

--- One message to sockets. `payload` is JSON text; returns its place in the log.
function cell.emit(ns, tenant, target, event, id, payload, meta_rest, tp)
  local meta = '{"id":"' .. id .. '","ts":"' .. iso(cell.now) .. '"' .. meta_rest
  if CFG.trace_to_client == 1 and string.find(tp, "[13579bdf]$") then -- sampled
    meta = meta .. ',"traceparent":"' .. tp .. '"'
  end
  cell.last_log = rollcall_emit(cell.prefix .. "log:0", CFG.log_max, { nsp = ns, tenant = tenant, room = target,
    mid = id, tp = tp, ev = event, packet = '["' .. event .. '",' .. payload .. "," .. meta .. "}]" })
  return cell.last_log
end

--- The newest place in the log: while the script runs nobody else writes to it.
function cell.position()
  if not cell.last_log then
    local newest = redis.call("XREVRANGE", cell.prefix .. "log:0", "+", "-", "COUNT", 1)[1]
    cell.last_log = newest and newest[1] or "0-0"
  end
  return cell.last_log
end
