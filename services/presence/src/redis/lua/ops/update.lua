--- update: a member's info. Takes: tenant ns user session incarnation room info re tp. Returns: the roster version.
-- Bounds: one room.
ops.update = function()
  local tenant, ns, user, id, inc, room, info, re, tp = take(9)
  local u = users.load(tenant, user)
  local s, err = sessions.own(u, ns, id, inc)
  if not s then return err end
  local how = sessions.membership(s, room)
  if how == "o" then return { "err", "FORBIDDEN", "an observer is in no roster" } end
  if not how then return { "err", "NOT_A_MEMBER", "" } end
  local r = rooms.load(tenant, ns, room)
  rooms.join(r, u, s, info, { reason = "connect", tp = tp, s = s, user = user, re = re })
  return { "ok", int(r.version) }
end
