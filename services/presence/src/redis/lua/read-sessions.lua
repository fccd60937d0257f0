--- read-sessions: everything known of one user, for `presence.sessions` and `presence.explain`.
-- KEYS[1] the cell's epoch record. ARGV[1] run id, [2] tenant, [3] user.
-- Returns { "OK", epoch, brake, spent ms, clock, birth, version, hidden, { session, ... } } | { "EPOCH" }; a session is
--   { ns, id, edge, incarnation, ms since its socket connected ("" when unknown), lost, since ms, issued, status, rooms, client, name, info,
--     ms of its edge's lease left ("" without one), ms of its grace left ("" when not lost), trace }.
-- Bounds: one user's sessions.
-- flags: no-writes
-- include: text time cell packed users

if not cell.enter(ARGV[1], false, true) then return { "EPOCH" } end
local u = users.load(ARGV[2], ARGV[3])
local function left(key, member)
  local score = redis.call("ZSCORE", cell.prefix .. key, member)
  return score and int(tonumber(score) - cell.clock) or ""
end
local out = {}
for i, s in ipairs(u.sessions) do
  out[i] = { s.ns, s.id, s.edge, s.inc, s.at == "" and "" or int(cell.passed - tonumber(s.at)), s.lost, s.since, s.iat, s.status, s.rooms, s.client, s.name, s.info,
    left("leases", s.edge), s.lost == "" and "" or left("grace", u.tenant .. " " .. u.user .. " " .. s.ns .. " " .. s.id), s.trace }
end
return { "OK", cell.epoch, cell.brake or "", int(cell.spent), int(cell.clock), u.birth, int(u.version), u.hidden and "1" or "", out }
