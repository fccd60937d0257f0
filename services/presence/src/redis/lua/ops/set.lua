--- set: the session's status. Takes: tenant ns user session incarnation status info tp. Returns: the user's version.
ops.set = function()
  local tenant, ns, user, id, inc, status, info, tp = take(8)
  local u = users.load(tenant, user)
  local s, err = sessions.own(u, ns, id, inc)
  if not s then return err end
  users.write(u, s, status, info)
  users.save(u, { reason = "connect", tp = tp, s = s })
  return { "ok", int(u.version) }
end
