--- patch: Takes: tenant ns user session incarnation room retain history publish id tp, then what patch.apply takes.
-- Returns: room epoch, state version. Bounds: 64 operations.
ops.patch = function()
  local tenant, ns, user, id, inc, room, retain, history, publish, patch_id, tp = take(11)
  local u = users.load(tenant, user)
  local s, err = sessions.own(u, ns, id, inc)
  if not s then return err end
  local how = sessions.membership(s, room)
  if not how then return { "err", "NOT_A_MEMBER", "" } end
  local known = state.answered(tenant, ns, user, "state:patch", patch_id)
  if known then return { "ok", unpack(split(known, " ")) } end
  local r = rooms.load(tenant, ns, room)
  rooms.open(r, { retain = tonumber(retain), history = tonumber(history), publish = publish == "1" })
  local done, refused = patch.apply(r, { user = user, session = id, observer = how == "o" },
    { reason = "connect", tp = tp, s = s, user = user, re = patch_id })
  if not done then return refused end
  if how == "o" then rooms.keep(r) end
  state.remember(tenant, ns, user, "state:patch", patch_id, done[1] .. " " .. done[2])
  return { "ok", done[1], done[2] }
end
