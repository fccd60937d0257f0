--- read-user-page: the users of a tenant that have a session, ordered by id.
-- KEYS[1] the cell's epoch record. ARGV[1] run id, [2] tenant, [3] after which user ("" from the first), [4] limit.
-- Returns { "OK", epoch, brake, count, { { user, status, info, devices, hidden, birth, version }, ... } } | { "EPOCH" }.
-- Bounds: limit (redis-reads.ts: at most 501).
-- flags: no-writes
-- include: text time cell packed users

if not cell.enter(ARGV[1], false, true) then return { "EPOCH" } end
local key = cell.prefix .. "u:" .. ARGV[2]
local from = ARGV[3] == "" and "-" or "[" .. ARGV[3] .. "\2"
local out = {}
for i, raw in ipairs(redis.call("ZRANGEBYLEX", key, from, "+", "LIMIT", 0, ARGV[4])) do
  local u = users.load(ARGV[2], string.match(raw, "^[^\1]*"), raw)
  local t = users.truth(u)
  out[i] = { u.user, t.status, t.info, t.devices, t.hidden and "1" or "", u.birth, int(u.version) }
end
return { "OK", cell.epoch, cell.stale(), redis.call("ZCARD", key), out }
