--- room-publish: a backend's event that is kept in its room's history, without a session.
-- KEYS[1] the cell's epoch record. ARGV[1] run id, [2] tenant, [3] namespace, [4] room, [5] retain, [6] history ttl,
--   [7] publish, [8] history size, [9] event, [10] mid, [11] data, [12] meta, [13] ts, [14] tp.
-- data and meta are JSON texts; meta is an object with at least one member, without seq.
-- Returns { "OK", epoch, brake, { seq, mid, ts } } | { "EPOCH" }; a mid that was taken before: its first answer.
-- Bounds: one message, CFG.history_trim old ones. A room nobody is in is kept as long as its history.
-- include: text time cell packed rooms state history

if not cell.enter(ARGV[1], true) then return { "EPOCH" } end
local _, tenant, ns, room, retain, ttl, publish, size, event, mid, data, meta, ts, tp = unpack(ARGV)
local known = state.answered(tenant, ns, "", event, mid)
if known then return { "OK", cell.epoch, cell.stale(), split(known, " ") } end
local r = rooms.load(tenant, ns, room)
rooms.open(r, { retain = tonumber(retain), history = tonumber(ttl), publish = publish == "1" })
rooms.keep(r)
local seq = int(history.add(r, event, data, meta, tonumber(size), tonumber(ttl)))
meta = string.sub(meta, 1, -2) .. ',"seq":' .. seq .. "}"
rollcall_emit(cell.prefix .. "log:0", CFG.log_max, { nsp = ns, tenant = tenant, room = "r:" .. tenant .. "/" .. room,
  x = "", mid = mid, tp = tp, ev = event, packet = '["' .. event .. '",' .. data .. "," .. meta .. "]" })
state.remember(tenant, ns, "", event, mid, seq .. " " .. mid .. " " .. ts)
return { "OK", cell.epoch, cell.stale(), { seq, mid, ts } }
