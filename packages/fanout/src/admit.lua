#!lua flags=allow-oom
-- admit: may a release run on the records of this cell? If it may, what it writes is marked as possible.
-- KEYS[1] the cell's mark   ARGV[1] oldest layout it reads   ARGV[2] newest it reads   ARGV[3] what it writes
-- Returns { lowest, highest, 1 if admitted else 0 }. Bounds: 2 commands. Safe to run twice.
local mark = redis.call("HMGET", KEYS[1], "lowest", "highest")
local lowest, highest = tonumber(mark[1] or 1), tonumber(mark[2] or 1)
if lowest < tonumber(ARGV[1]) or highest > tonumber(ARGV[2]) then return { lowest, highest, 0 } end
highest = math.max(highest, tonumber(ARGV[3]))
redis.call("HSET", KEYS[1], "lowest", lowest, "highest", highest)
return { lowest, highest, 1 }
