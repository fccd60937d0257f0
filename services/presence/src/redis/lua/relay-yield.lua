--- relay-yield: gives the claim back, so that another replica need not wait for its end.
-- KEYS[1] the cell's epoch record. ARGV[1] run id, [2] the caller. Returns { "OK", epoch, brake } | { "EPOCH" }.
-- flags: allow-oom
-- include: text time cell

if not cell.enter(ARGV[1], true) then return { "EPOCH" } end
if redis.call("HGET", cell.prefix .. "relay", "by") == ARGV[2] then redis.call("HDEL", cell.prefix .. "relay", "by", "until") end
return { "OK", cell.epoch, cell.stale() }
