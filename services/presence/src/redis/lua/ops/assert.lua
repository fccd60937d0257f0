--- assert: what the edge holds, in rounds of several calls; sockets are not told, `resync` is due instead.
-- Takes: round last ("1") count, then per session: tenant ns user session incarnation name client
--   status info issued age trace rooms, then per room: room observe retain history publish info.
-- Returns: per session its incarnation, or "" when it lives elsewhere with a higher one; then counts of ghosts, missing.
-- Bounds: the sessions and rooms of one call (the edge's: 200).
-- A1 A session not named in a whole round is lost; a membership not named with its session is left.
-- A2 A living edge keeps a session whose socket connected later there; where that cannot be told, one that it has with a
--    higher incarnation. Incarnation 0: the `open` was never answered.
-- A3 What an edge says of a session counts more than a record of an earlier epoch, which may have been rewound.
ops.assert = function()
  local round, last, count = take(3)
  local key = edges.key(edges.own.id)
  local begins = redis.call("HGET", key, "r") ~= round
  if begins then redis.call("HSET", key, "r", round) end
  if begins and redis.call("EXISTS", key .. ":s") == 1 then
    if redis.call("EXISTS", key .. ":old") == 1 then
      redis.call("SUNIONSTORE", key .. ":old", key .. ":old", key .. ":s")
      redis.call("DEL", key .. ":s")
    else
      redis.call("RENAME", key .. ":s", key .. ":old")
    end
  end
  local out, ghosts, missing = { "ok" }, 0, 0
  for i = 1, tonumber(count) do
    local tenant, ns, user, id, inc, name, client, status, info, iat, age, trace, n = take(13)
    local u = users.load(tenant, user)
    local s = users.session(u, ns, id)
    local at, opened = sessions.connected(age), inc ~= "0"
    local elsewhere = s and s.edge ~= edges.own.id and edges.alive(s.edge) -- A2
    if elsewhere then
      elsewhere = sessions.is_held_later(s, at)
      if elsewhere == nil then elsewhere = opened and tonumber(s.inc) > tonumber(inc) end
    end
    local why = { reason = "connect", tp = "", silent = true, user = user }
    if elsewhere then
      out[i + 1] = ""
      for _ = 1, tonumber(n) do take(6) end
    else
      if not s then
        missing = missing + 1
        s = sessions.create(u, ns, id, opened and inc or cell.incarnation(0), at, trace, iat, client, name)
        if status ~= "" then users.write(u, s, status, info) end
      elseif s.edge ~= edges.own.id or s.lost ~= "" or s.inc ~= inc then
        missing = missing + 1
        local rewound = edges.of_old(s.edge)
        local next_inc = tonumber(s.inc) > tonumber(inc) and s.inc or inc
        sessions.adopt(u, s, opened and next_inc or sessions.next_incarnation(s), at, trace)
        if rewound and status ~= "" then users.catch_up(u, s, status, info) end -- A3
      else
        redis.call("SREM", key .. ":old", tenant .. " " .. user .. " " .. ns .. " " .. id)
        edges.hold(u, s)
      end
      cell.saw_incarnation(tonumber(s.inc))
      out[i + 1] = s.inc
      local named = {}
      for _ = 1, tonumber(n) do
        local room, observe, retain, history, publish, room_info = take(6)
        local how, wanted = sessions.membership(s, room), observe == "1" and "o" or "m"
        named[room] = true
        if how ~= wanted and (how or sessions.count_rooms(s) < CFG.session_rooms) then
          missing = missing + 1
          if how then sessions.leave(u, s, room, why) end
          sessions.add_room(u, s, room, wanted)
          local r = rooms.load(tenant, ns, room)
          rooms.open(r, { retain = tonumber(retain), history = tonumber(history), publish = publish == "1" })
          if wanted == "m" then rooms.join(r, u, s, room_info, why) else rooms.keep(r) end
        end
      end
      for room in string.gmatch(s.rooms, "[mo](%S+)") do
        if not named[room] then -- A1
          ghosts = ghosts + 1
          sessions.leave(u, s, room, { reason = "lost", tp = "", user = user })
        end
      end
      users.save(u, why)
    end
  end
  if last == "1" and redis.call("EXISTS", key .. ":old") == 1 then
    ghosts = ghosts + redis.call("SCARD", key .. ":old")
    redis.call("ZADD", cell.prefix .. "evicting", int(cell.clock), "lost " .. edges.own.id .. " old")
  end
  out[#out + 1] = ghosts
  out[#out + 1] = missing
  return out
end
