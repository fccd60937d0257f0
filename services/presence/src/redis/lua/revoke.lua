--- revoke: ends sessions of one user, or takes them out of one room.
-- KEYS[1] the cell's epoch record. ARGV[1] run id, [2] tenant, [3] user, [4] session ("" = any), [5] namespace ("" = any),
--   [6] room ("" = the sessions themselves), [7] only those of tokens issued at or before this ms ("" = all),
--   [8] traceparent of who asked.
-- Returns { "OK", epoch, brake, how many sessions } | { "EPOCH" }. Bounds: one user's sessions and their rooms.
-- flags: allow-oom
-- include: text time cell packed edges users rooms sessions state

if not cell.enter(ARGV[1], true) then return { "EPOCH" } end
local tenant, user, id, ns, room, before = ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6], tonumber(ARGV[7])
local u, matching, count = users.load(tenant, user), {}, 0
for _, s in ipairs(u.sessions) do
  local meant = (id == "" or s.id == id) and (ns == "" or s.ns == ns) and (not before or tonumber(s.iat) <= before)
  if meant then matching[#matching + 1] = s end
end
for _, s in ipairs(matching) do
  local why = { reason = "revoked", tp = ARGV[8] }
  if room == "" then
    sessions.finish(u, s, why)
    count = count + 1
  elseif sessions.leave(u, s, room, why) then
    users.save(u, why)
    count = count + 1
  end
end
return { "OK", cell.epoch, cell.stale(), count }
