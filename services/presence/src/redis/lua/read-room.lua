--- read-room: a room's versions and a page of its roster.
-- KEYS[1] the cell's epoch record. ARGV[1] run id, [2] tenant, [3] namespace, [4] room, [5] after which user
--   ("" from the first), [6] limit (0: none).
-- Returns { "OK", epoch, brake, birth ("0": no record), version, count, occupancy, state version, seq, { packed member, ... },
--   newest place in the fan-out log } | { "EPOCH" }. A packed member is the one of lib/rooms.lua; roster.ts reads it.
-- Bounds: limit (redis-reads.ts: at most 501).
-- flags: no-writes
-- include: text time cell packed rooms

if not cell.enter(ARGV[1], false, true) then return { "EPOCH" } end
local r = rooms.load(ARGV[2], ARGV[3], ARGV[4])
local from = ARGV[5] == "" and "-" or "[" .. ARGV[5] .. "\2"
local page = ARGV[6] == "0" and {} or redis.call("ZRANGEBYLEX", r.key .. "roster", from, "+", "LIMIT", 0, ARGV[6])
return { "OK", cell.epoch, cell.stale(), r.birth, int(r.version), rooms.count(r), r.occupancy and "1" or "", int(r.state),
  int(r.seq), page, cell.position() }
