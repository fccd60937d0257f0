--- sessions: what happens to one session, its user and its rooms in one commit.
-- G1 A session that ends takes its user's status and all its memberships (at most CFG.session_rooms) with it, at once.
-- G2 A lost session keeps everything until `grace` is over: `grace` zset, "<tenant> <user> <ns> <id>" -> clock.

local sessions = {}

--- The session an operation of this lane speaks for. Second result: the error to answer.
function sessions.own(u, ns, id, inc)
  local s = users.session(u, ns, id)
  if not s or s.lost ~= "" then return nil, { "err", "UNAVAILABLE", "the session is not known here: it will be asserted" } end
  if s.inc ~= inc or s.edge ~= edges.own.id then return nil, { "err", "CONFLICT", "the session lives elsewhere" } end
  return s
end

function sessions.membership(s, room)
  if string.find(s.rooms, " m" .. room .. " ", 1, true) then return "m" end
  if string.find(s.rooms, " o" .. room .. " ", 1, true) then return "o" end
end

function sessions.count_rooms(s)
  local n = 0
  for _ in string.gmatch(s.rooms, "%S+") do n = n + 1 end
  return n
end

--- Adds to the session's own list, and to the digest of its edge while it lives (E2). The roster is the caller's; the list is
-- written by users.save.
function sessions.add_room(u, s, room, how)
  s.rooms = (s.rooms == "" and " " or s.rooms) .. how .. room .. " "
  if s.lost == "" then edges.fold(u, s, 1, room) end
end

--- The reverse of add_room.
function sessions.drop_room(u, s, room, how)
  local from, to = string.find(s.rooms, " " .. how .. room .. " ", 1, true)
  s.rooms = string.sub(s.rooms, 1, from) .. string.sub(s.rooms, to + 1)
  if s.rooms == " " then s.rooms = "" end
  if s.lost == "" then edges.fold(u, s, -1, room) end
end

--- One session leaves one room, whatever it is there. False when it is not in it. The caller saves the user.
function sessions.leave(u, s, room, why)
  local how = sessions.membership(s, room)
  if not how then return false end
  sessions.drop_room(u, s, room, how)
  if how == "m" then rooms.leave(rooms.load(u.tenant, s.ns, room), u, s, why) end
  return true
end

local function ref(u, s)
  return u.tenant .. " " .. u.user .. " " .. s.ns .. " " .. s.id
end

--- "<tenant> <user> <ns> <id>" -> the user with its session and the session's index, or the user alone.
function sessions.find(text)
  local tenant, user, ns, id = unpack(split(text, " "))
  local u = users.load(tenant, user)
  return u, users.session(u, ns, id)
end

--- G2. `from`: the clock its grace counts from.
function sessions.lose(u, s, reason, from)
  edges.fold(u, s, -1)
  edges.release(u, s)
  s.lost = reason
  redis.call("ZADD", cell.prefix .. "grace", int(from + CFG.grace), ref(u, s))
end

--- G1. Returns how many items it touched. why: { reason, tp, delay }
function sessions.finish(u, s, why)
  if s.lost == "" then
    edges.fold(u, s, -1)
    edges.release(u, s)
  else
    redis.call("ZREM", cell.prefix .. "grace", ref(u, s))
  end
  local _, index = users.session(u, s.ns, s.id)
  users.touch(u)
  table.remove(u.sessions, index)
  users.save(u, why)
  local touched = 1
  for how, room in string.gmatch(s.rooms, "([mo])(%S+)") do
    if how == "m" then rooms.leave(rooms.load(u.tenant, s.ns, room), u, s, why) end
    touched = touched + 1
  end
  return touched
end

--- When a socket of that age connected, in the cell's passed time; "" for unknown.
function sessions.connected(age)
  return age == "" and "" or int(cell.passed - tonumber(age))
end

--- G5: did the socket that holds the session connect later? nil when that cannot be told.
function sessions.is_held_later(s, at)
  if s.at == "" or at == "" then return nil end
  local later = tonumber(s.at) - tonumber(at)
  if math.abs(later) > CFG.return_least and math.abs(later) < CFG.gap_passed / 2 then return later > 0 end
end

function sessions.next_incarnation(s)
  return cell.incarnation(tonumber(s.inc) + 1)
end

--- Puts the session on the calling edge, from wherever it was.
function sessions.adopt(u, s, inc, at, trace)
  if s.lost == "" then
    edges.fold(u, s, -1)
    edges.release(u, s)
  else
    redis.call("ZREM", cell.prefix .. "grace", ref(u, s))
    s.lost = ""
  end
  s.edge, s.inc, s.at, s.trace = edges.own.id, inc, at, trace
  edges.fold(u, s, 1)
  edges.hold(u, s)
end

--- A session nobody knew.
function sessions.create(u, ns, id, inc, at, trace, iat, client, name)
  local s = { ns = ns, id = id, edge = edges.own.id, inc = inc, at = at, trace = trace, lost = "", since = int(cell.now),
    iat = iat, status = "a", w = 0, rooms = "", client = client, name = name, info = "" }
  users.touch(u)
  u.sessions[#u.sessions + 1] = s
  edges.fold(u, s, 1)
  edges.hold(u, s)
  return s
end
