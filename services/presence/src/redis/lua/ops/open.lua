--- open: a socket presents a session. Takes: tenant ns user session name client status info issued age most tp.
-- most "" = no bound of the user's live sessions.
-- Returns: incarnation, resumed ("1" or ""), the edge it lived on ("" if on none), its rooms.
-- Bounds: the session's rooms (digest only).
ops.open = function()
  local tenant, ns, user, id, name, client, status, info, iat, age, most, tp = take(12)
  local u = users.load(tenant, user)
  local s = users.session(u, ns, id)
  local resumed, elsewhere, why = "", "", { reason = "connect", tp = tp }
  local at = sessions.connected(age)
  local elsewhere_alive = s and s.lost == "" and s.edge ~= edges.own.id and edges.alive(s.edge)
  if elsewhere_alive and sessions.is_held_later(s, at) then -- G5
    return { "err", "CONFLICT", "the session lives elsewhere" }
  end
  local is_one_more = not s or s.lost ~= ""
  if is_one_more and most ~= "" and users.count_live(u) >= tonumber(most) then -- G7
    return { "err", "LIMIT_EXCEEDED", "the user has " .. most .. " connections" }
  end
  if s then
    resumed = "1"
    if s.lost == "" then elsewhere = s.edge end
    sessions.adopt(u, s, sessions.next_incarnation(s), at, tp)
    s.name, s.client, s.iat = name, client, iat
  else
    s = sessions.create(u, ns, id, cell.incarnation(0), at, tp, iat, client, name)
  end
  why.s = s
  if status ~= "" then users.write(u, s, status, info) end
  users.save(u, why)
  return { "ok", s.inc, resumed, elsewhere, s.rooms }
end
