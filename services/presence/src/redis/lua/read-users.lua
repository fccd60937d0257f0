--- read-users: what the given users are.
-- KEYS[1] the cell's epoch record. ARGV[1] run id, [2] tenant, then users.
-- Returns { "OK", epoch, brake, { user, ... }, newest place in the fan-out log } | { "EPOCH" };
--   a user is {} when offline, else { status, info, devices, hidden ("1" or ""), birth, version }.
-- Bounds: the users given (redis-reads.ts: 501).
-- flags: no-writes
-- include: text time cell packed users

if not cell.enter(ARGV[1], false, true) then return { "EPOCH" } end
local out = {}
for i = 3, #ARGV do
  local u = users.load(ARGV[2], ARGV[i])
  local t = users.truth(u)
  out[i - 2] = t and { t.status, t.info, t.devices, t.hidden and "1" or "", u.birth, int(u.version) } or {}
end
return { "OK", cell.epoch, cell.stale(), out, cell.position() }
