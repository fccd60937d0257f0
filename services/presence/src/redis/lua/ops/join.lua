--- join: Takes: tenant ns user session incarnation room observe ("1" or "") max retain history publish info re tp.
-- max "" = no limit; retain and history in ms; info JSON text, "" = write none. re "" = none.
-- Returns: room epoch, roster version, count, occupancy ("1" or ""), state version, seq, position ("" = that of the join
--   before in this call), version before, member.
-- Bounds: one room. A member's second join is unseen unless it brings info; joining the other way leaves first.
local position_told
ops.join = function()
  local tenant, ns, user, id, inc, room, observe, max, retain, history, publish, info, re, tp = take(14)
  local u = users.load(tenant, user)
  local s, err = sessions.own(u, ns, id, inc)
  if not s then return err end
  local r = rooms.load(tenant, ns, room)
  local how, wanted = sessions.membership(s, room), observe == "1" and "o" or "m"
  local why = { reason = "connect", tp = tp, s = s, user = user, re = re }
  if not how and sessions.count_rooms(s) >= CFG.session_rooms then
    return { "err", "LIMIT_EXCEEDED", "a session may be in " .. CFG.session_rooms .. " rooms" }
  end
  if wanted == "m" and max ~= "" and not packed.find(r.key .. "roster", user) and rooms.count(r) >= tonumber(max) then
    return { "err", "ROOM_FULL", "" }
  end
  rooms.open(r, { retain = tonumber(retain), history = tonumber(history), publish = publish == "1" })
  if how and how ~= wanted then
    why.reason = "leave"
    sessions.leave(u, s, room, why)
    why.reason, how = "connect", nil
    r = rooms.load(tenant, ns, room)
    rooms.open(r, { retain = tonumber(retain), history = tonumber(history), publish = publish == "1" })
  end
  local from, member = r.version, ""
  if not how then sessions.add_room(u, s, room, wanted) end
  if wanted == "m" then
    local change, text = rooms.join(r, u, s, info, why)
    if change ~= "" then member = change .. " " .. text end
  else
    rooms.keep(r)
  end
  users.save(u, why)
  local position = cell.position() ~= position_told and cell.position() or ""
  position_told = cell.position()
  return { "ok", rooms.epoch(r), int(r.version), r.count or rooms.count(r), r.occupancy and "1" or "", int(r.state), int(r.seq),
    position, int(from), member }
end
