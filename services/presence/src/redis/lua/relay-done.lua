--- relay-done: these entries are published. Removing twice is no error.
-- KEYS[1] the cell's epoch record. ARGV[1] run id, then entry ids.
-- Returns { "OK", epoch, brake } | { "EPOCH" }. Bounds: the ids given (outbox.ts: 256).
-- flags: allow-oom
-- include: text time cell

if not cell.enter(ARGV[1], true) then return { "EPOCH" } end
local removed = redis.call("XDEL", cell.prefix .. "outbox", unpack(ARGV, 2))
redis.call("HINCRBY", cell.prefix .. "relay", "done", removed)
return { "OK", cell.epoch, cell.stale() }
