--- close: a socket went. Takes: tenant ns user session incarnation how tp. Returns: nothing.
-- A session that lives elsewhere is left alone. Bounds: the session's rooms.
-- G4 While an epoch is new nobody knows who else is there: a goodbye takes effect when that brake ends.
ops.close = function()
  local tenant, ns, user, id, inc, how, tp = take(7)
  local u = users.load(tenant, user)
  local s = sessions.own(u, ns, id, inc)
  if not s then return { "ok" } end
  if how == "leave" and cell.brake == "epoch" then
    sessions.lose(u, s, how, cell.clock - CFG.grace)
    users.save(u, { reason = how, tp = tp })
  elseif how == "leave" or how == "revoked" then
    sessions.finish(u, s, { reason = how, tp = tp, s = s, user = user })
  else
    sessions.lose(u, s, how, cell.clock)
    users.save(u, { reason = how, tp = tp })
  end
  return { "ok" }
end
