--- room-patch: a backend's patch, without a session.
-- KEYS[1] the cell's epoch record. ARGV[1] run id, [2] tenant, [3] namespace, [4] room, [5] retain, [6] history ttl,
--   [7] publish, [8] id, [9] tp, then what patch.apply takes.
-- Returns { "OK", epoch, brake, { room epoch, version } | { "err", code, message, details JSON } } | { "EPOCH" }.
-- Bounds: 64 operations. A room nobody is in is kept as long as its contract says.
-- include: arguments text time cell packed rooms state patch

next_arg = 10

if not cell.enter(ARGV[1], true) then return { "EPOCH" } end
local tenant, ns, room, id = ARGV[2], ARGV[3], ARGV[4], ARGV[8]
local known = state.answered(tenant, ns, "", "room.patch", id)
if known then return { "OK", cell.epoch, cell.stale(), split(known, " ") } end
local r = rooms.load(tenant, ns, room)
rooms.open(r, { retain = tonumber(ARGV[5]), history = tonumber(ARGV[6]), publish = ARGV[7] == "1" })
local done, refused = patch.apply(r, { user = "", session = "" }, { reason = "connect", tp = ARGV[9], re = id })
rooms.keep(r)
if not done then return { "OK", cell.epoch, cell.stale(), refused } end
state.remember(tenant, ns, "", "room.patch", id, done[1] .. " " .. done[2])
return { "OK", cell.epoch, cell.stale(), done }
