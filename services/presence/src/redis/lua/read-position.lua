--- read-position: the newest place in the fan-out log.
-- KEYS[1] the cell's epoch record. ARGV[1] run id.
-- Returns { "OK", epoch, brake, stream id } | { "EPOCH" }. Bounds: one entry.
-- flags: no-writes
-- include: text time cell

if not cell.enter(ARGV[1], false, true) then return { "EPOCH" } end
return { "OK", cell.epoch, cell.stale(), cell.position() }
