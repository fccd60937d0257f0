--- leave: Takes: tenant ns user session incarnation room reason re tp. Returns: nothing; leaving twice is no error.
-- Bounds: one room.
ops.leave = function()
  local tenant, ns, user, id, inc, room, reason, re, tp = take(9)
  local u = users.load(tenant, user)
  local s = sessions.own(u, ns, id, inc)
  if not s then return { "ok" } end
  local why = { reason = reason, tp = tp, s = s, user = user, re = re }
  if sessions.leave(u, s, room, why) then users.save(u, why) end
  return { "ok" }
end
