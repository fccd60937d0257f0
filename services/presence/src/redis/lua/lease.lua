--- lease: the edge's word that what it holds is alive, for CFG.lease from now.
-- KEYS[1] the cell's epoch record. ARGV[1] run id, [2] edge.
-- Returns { "OK" | "UNKNOWN_EDGE", epoch, brake } | { "EPOCH" }.
-- Also with memory full: the sweep goes on, and ends whoever cannot say that he is alive.
-- flags: allow-oom
-- include: text time cell edges

if not cell.enter(ARGV[1], true) then return { "EPOCH" } end
if not edges.enter(ARGV[2]) then return { "UNKNOWN_EDGE", cell.epoch, cell.stale() } end
redis.call("ZADD", cell.prefix .. "leases", int(cell.clock + CFG.lease), ARGV[2])
return { "OK", cell.epoch, cell.stale() }
