--- read-rooms: the occupied rooms of a namespace, ordered by id.
-- KEYS[1] the cell's epoch record. ARGV[1] run id, [2] tenant, [3] namespace, [4] prefix, [5] after which room, [6] limit.
-- Returns { "OK", epoch, brake, { { room, count, since ms }, ... } } | { "EPOCH" }.
-- Bounds: limit (redis-reads.ts: at most 501).
-- flags: no-writes
-- include: text time cell packed rooms

if not cell.enter(ARGV[1], false, true) then return { "EPOCH" } end
local prefix, after = ARGV[4], ARGV[5]
local from = after == "" and (prefix == "" and "-" or "[" .. prefix) or "(" .. after
local to = prefix == "" and "+" or "(" .. prefix .. "\127"
local out = {}
for i, room in ipairs(redis.call("ZRANGEBYLEX", cell.prefix .. "rooms:" .. ARGV[2] .. ":" .. encode(ARGV[3]), from, to, "LIMIT", 0, ARGV[6])) do
  local r = rooms.load(ARGV[2], ARGV[3], room)
  out[i] = { room, rooms.count(r), redis.call("HGET", r.key .. "i", "since") }
end
return { "OK", cell.epoch, cell.stale(), out }
