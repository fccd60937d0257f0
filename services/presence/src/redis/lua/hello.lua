--- hello: announces an edge, or says so again.
-- KEYS[1] the cell's epoch record. ARGV[1] run id, [2] edge.
-- Returns { "OK" | "UNKNOWN_EDGE", epoch, brake } | { "EPOCH" }. An id that was fenced stays so.
-- Also with memory full, as its lease.
-- flags: allow-oom
-- include: text time cell edges

if not cell.enter(ARGV[1], true) then return { "EPOCH" } end
local key = edges.key(ARGV[2])
local ep, gone = unpack(redis.call("HMGET", key, "ep", "gone"))
if gone or (ep and ep ~= cell.epoch) then return { "UNKNOWN_EDGE", cell.epoch, cell.stale() } end
if not ep then redis.call("HSET", key, "ep", cell.epoch, "n", 0, "c", 0, "x", 0, "y", 0) end
redis.call("ZADD", cell.prefix .. "leases", int(cell.clock + CFG.lease), ARGV[2])
return { "OK", cell.epoch, cell.stale() }
