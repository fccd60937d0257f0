--- read-history: a room's recent events.
-- KEYS[1] the cell's epoch record. ARGV[1] run id, [2] tenant, [3] namespace, [4] room, [5] after, [6] before (seqs,
--   exclusive, "" for none), [7] limit, [8] "1" to take from the newest end.
-- Returns { "OK", epoch, brake, birth, seq, { triple JSON, ... }, { seq, ... } } | { "EPOCH" }.
-- Bounds: limit (redis-reads.ts: at most 201).
-- flags: no-writes
-- include: text time cell packed rooms history

if not cell.enter(ARGV[1], false, true) then return { "EPOCH" } end
local r = rooms.load(ARGV[2], ARGV[3], ARGV[4])
local events, seqs = history.read(r, ARGV[5], ARGV[6], ARGV[7], ARGV[8] == "1")
return { "OK", cell.epoch, cell.stale(), r.birth, int(r.seq), events, seqs }
