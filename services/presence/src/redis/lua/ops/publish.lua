--- publish: a relay that is kept in the room's history, or idempotent, or both.
-- Takes: tenant ns user session incarnation room retain history publish size event id data meta mid ts kept ("1" or "") tp.
-- data and meta are JSON texts; meta is an object with at least one member, without seq.
-- Returns: seq ("" without history), and mid and ts of the first time. Bounds: one message, CFG.history_trim old ones.
ops.publish = function()
  local tenant, ns, user, id, inc, room, retain, ttl, publish, size, event, message_id, data, meta, mid, ts, kept, tp = take(18)
  local u = users.load(tenant, user)
  local s, err = sessions.own(u, ns, id, inc)
  if not s then return err end
  local how = sessions.membership(s, room)
  if not how then return { "err", "NOT_A_MEMBER", "" } end
  local known = state.answered(tenant, ns, user, event, message_id)
  if known then return { "ok", unpack(split(known, " ")) } end
  local seq, except = "", ""
  if kept == "1" then
    local r = rooms.load(tenant, ns, room)
    rooms.open(r, { retain = tonumber(retain), history = tonumber(ttl), publish = publish == "1" })
    if how == "o" then rooms.keep(r) end
    seq = int(history.add(r, event, data, meta, tonumber(size), tonumber(ttl)))
    meta = string.sub(meta, 1, -2) .. ',"seq":' .. seq .. "}"
  else
    except = "s:" .. tenant .. "/" .. user .. "/" .. id
  end
  cell.last_log = rollcall_emit(cell.prefix .. "log:0", CFG.log_max, { nsp = ns, tenant = tenant, room = "r:" .. tenant .. "/" .. room,
    x = except, mid = mid, tp = tp, ev = event, packet = '["' .. event .. '",' .. data .. "," .. meta .. "]" })
  state.remember(tenant, ns, user, event, message_id, seq .. " " .. mid .. " " .. ts)
  return { "ok", seq, mid, ts }
end
