--- close: a socket went. Takes: tenant ns user session incarnation how tp. Returns: nothing.
-- A session that lives elsewhere is left alone. Bounds: the session's rooms.
ops.close = function()
  local tenant, ns, user, id, inc, how, tp = take(7)
  local u = users.load(tenant, user)
  local s = sessions.own(u, ns, id, inc)
  if not s then return { "ok" } end
  if how == "leave" or how == "revoked" then
    sessions.finish(u, s, { reason = how, tp = tp, s = s, user = user })
  else
    sessions.lose(u, s, how, cell.clock)
    users.save(u, { reason = how, tp = tp })
  end
  return { "ok" }
end
