--- rooms: one room's record and roster.
-- `r:<tenant>:<ns>:<room>:i` hash: b (birth), v (roster version), s (state version), q (history seq), o (occupancy mode),
--   since (ms of the first member), k (ms the record outlives its last member), g (of these, its state), p (publish state),
--   oc (clock of the last occupancy message), t (the last version told to backends, where it is above v).
-- `...:roster` packed: <user> \1 session \1 session ...; session = id \2 since \2 w \2 name \2 info.
-- `rooms:<tenant>:<ns>` zset, by name: the occupied ones. `retain`, `occupancy`, `resync` zsets: "<tenant> <ns> <room>" -> clock.
-- R1 The roster is the users with a session here; a member's facts follow from its sessions alone.
-- R2 Every change of the roster is one version and one diff from the version before, or nobody is told and `resync` is due.
-- R3 Above CFG.occupancy_above members sockets get counts, at most one a second; at CFG.occupancy_below they read anew.
-- R6 Versions told to backends rise over roster and state together: they ignore what is not above the last.

local rooms, state = {}, {} -- state: lib/state.lua

function rooms.load(tenant, ns, room)
  local key = cell.prefix .. "r:" .. tenant .. ":" .. encode(ns) .. ":" .. encode(room) .. ":"
  local m = redis.call("HMGET", key .. "i", "b", "v", "s", "q", "o", "k", "oc", "g", "p", "t")
  return { key = key, tenant = tenant, ns = ns, room = room, ref = tenant .. " " .. ns .. " " .. room,
    exists = m[1] and true or false, birth = m[1] or "0", version = tonumber(m[2] or "0"), state = tonumber(m[3] or "0"),
    seq = tonumber(m[4] or "0"), occupancy = m[5] == "1", retain = tonumber(m[6] or "0"), oc = tonumber(m[7] or "0"),
    state_retain = tonumber(m[8] or "0"), publish = m[9] == "1", told = tonumber(m[10] or "0") }
end

--- Makes the record if there is none, and remembers what the contract says. rules: { retain, history, publish }
function rooms.open(r, rules)
  if not r.exists then
    r.exists, r.birth = true, cell.birth()
    redis.call("HSET", r.key .. "i", "b", r.birth, "v", "0", "s", "0", "q", "0")
  end
  local retain = math.max(rules.retain, rules.history)
  if retain ~= r.retain or rules.retain ~= r.state_retain or rules.publish ~= r.publish then
    r.retain, r.state_retain, r.publish = retain, rules.retain, rules.publish
    redis.call("HSET", r.key .. "i", "k", int(retain), "g", int(rules.retain), "p", rules.publish and "1" or "")
  end
end

--- Nobody is a member: what observers and backends made is kept for a while too.
function rooms.keep(r)
  if rooms.count(r) > 0 then return end
  redis.call("ZADD", cell.prefix .. "retain", "NX", int(cell.clock + math.max(r.retain, CFG.retain_min)), r.ref)
end

function rooms.epoch(r)
  return cell.epoch .. "." .. r.birth
end

function rooms.count(r)
  return redis.call("ZCARD", r.key .. "roster")
end

local PRESENCE = "^([^\2]*)\2([^\2]*)\2?([^\2]*)\2?([^\2]*)\2?(.*)$"

local function parse(raw)
  local parts, sessions = split(raw, "\1"), {}
  for i = 2, #parts do
    local s = {}
    s.id, s.since, s.w, s.name, s.info = string.match(parts[i], PRESENCE)
    sessions[i - 1] = s
  end
  return sessions
end

local function pack(user, sessions)
  if #sessions == 0 then return nil end
  local out = { user }
  for i, s in ipairs(sessions) do
    out[i + 1] = string.gsub(table.concat({ s.id, s.since, s.w, s.name, s.info }, "\2"), "\2+$", "")
  end
  return table.concat(out, "\1")
end

--- R1. The member as JSON text: the earliest since, the latest name and info written.
local function member(user, sessions)
  local since, name, info, name_w, info_w = nil, "", "", -1, -1
  for _, s in ipairs(sessions) do
    local at, w = tonumber(s.since), tonumber(s.w) or 0
    if not since or at < since then since = at end
    if s.name ~= "" and w > name_w then name, name_w = s.name, w end
    if s.info ~= "" and w > info_w then info, info_w = s.info, w end
  end
  return '{"user":"' .. user .. '"' .. (name == "" and "" or ',"name":' .. name) ..
    ((info == "" or info == "null") and "" or ',"info":' .. info) ..
    ',"devices":' .. #sessions .. ',"since":"' .. iso(since) .. '"}'
end

--- R6. At least `least`, so that what was read at a version is never missed by who follows from there.
function rooms.tell_version(r, least)
  r.told = math.max(r.told + 1, least)
  if r.told > r.version then redis.call("HSET", r.key .. "i", "t", int(r.told)) end
  return int(r.told)
end

local function tell(r, kind, version, user, why)
  local id = cell.epoch .. "-" .. r.birth .. "-r" .. int(version)
  local who = user and ',"user":"' .. user .. '"' or ""
  cell.tell(kind, id, why.tp, r.tenant, user or "", r.ns, r.room, '{"tenant":"' .. r.tenant .. '","namespace":"' .. r.ns ..
    '","room":"' .. r.room .. '"' .. who .. ',"epoch":"' .. rooms.epoch(r) .. '","version":' .. rooms.tell_version(r, version) ..
    ',"at":"' .. iso(cell.now) .. '","reason":"' .. why.reason .. '"}')
end

--- why: { tp, and what is known of the cause: s and user, re (the client's id) }
local function emit(r, event, id, payload, why)
  local from = why.s and why.user and ',"from":{"user":"' .. why.user .. '","session":"' .. why.s.id .. '"}' or ""
  local re = why.re and why.re ~= "" and ',"re":"' .. why.re .. '"' or ""
  return cell.emit(r.ns, r.tenant, "r:" .. r.tenant .. "/" .. r.room, event, id, '{"room":"' .. r.room .. '",' .. payload .. "}",
    from .. ',"room":"' .. r.room .. '"' .. re, why.tp)
end
rooms.emit = emit

--- Tells every socket in the room to read `streams` (JSON texts joined by commas) anew.
function rooms.resync(r, streams, reason, spread)
  emit(r, "room:resync", cell.epoch .. "-" .. cell.birth() .. "-s", '"streams":[' .. streams .. '],"reason":"' .. reason ..
    '","spreadMs":' .. int(spread), { tp = "" })
end

local function occupancy(r, count)
  r.oc = cell.clock
  redis.call("HSET", r.key .. "i", "oc", int(r.oc))
  redis.call("ZREM", cell.prefix .. "occupancy", r.ref)
  return emit(r, "room:occupancy", cell.epoch .. "-" .. r.birth .. "-o" .. int(r.version), '"epoch":"' .. rooms.epoch(r) ..
    '","version":' .. int(r.version) .. ',"count":' .. count, { tp = "" })
end
rooms.tell_occupancy = occupancy

--- R2, R3: the version is written; tells the room. `field` is joined, updated or left, `what` its one JSON text.
local function publish(r, from, field, what, count, why)
  if why.silent then
    redis.call("ZADD", cell.prefix .. "resync", int(cell.clock + CFG.resync), r.ref)
    return
  end
  if not r.occupancy and count > CFG.occupancy_above then
    r.occupancy = true
    redis.call("HSET", r.key .. "i", "o", "1")
    return occupancy(r, count)
  end
  if r.occupancy and count <= CFG.occupancy_below then
    r.occupancy = false
    redis.call("HSET", r.key .. "i", "o", "")
    redis.call("ZREM", cell.prefix .. "occupancy", r.ref)
    return rooms.resync(r, '"roster"', "mode", CFG.spread)
  end
  if r.occupancy then
    redis.call("ZADD", cell.prefix .. "occupancy", "NX", int(math.max(cell.clock, r.oc + CFG.occupancy_every)), r.ref)
    return
  end
  emit(r, "room:roster", cell.epoch .. "-" .. r.birth .. "-r" .. int(r.version), '"epoch":"' .. rooms.epoch(r) ..
    '","from":' .. int(from) .. ',"to":' .. int(r.version) .. ',"' .. field .. '":[' .. what .. '],"count":' .. count, why)
end

--- Puts session `s` of user `u` into the roster, or refreshes it. `info` is JSON text, "" to write none.
-- Returns what changed ("joined", "updated" or "") and the member's JSON text.
function rooms.join(r, u, s, info, why)
  local raw = packed.find(r.key .. "roster", u.user)
  local sessions = raw and parse(raw) or {}
  local before = raw and member(u.user, sessions)
  local mine
  for _, x in ipairs(sessions) do if x.id == s.id then mine = x end end
  if not mine then
    mine = { id = s.id, since = int(cell.now), w = "", name = s.name, info = "" }
    if s.name ~= "" then mine.w = int(r.version + 1) end
    sessions[#sessions + 1] = mine
  end
  if info ~= "" then mine.w, mine.info, mine.name = int(r.version + 1), info, s.name end
  local after = member(u.user, sessions)
  if before == after then
    packed.put(r.key .. "roster", raw, pack(u.user, sessions)) -- who wrote last may have changed, unseen
    return "", after
  end
  local count = rooms.count(r)
  local first, from = count == 0, r.version
  if not raw then count = count + 1 end
  packed.put(r.key .. "roster", raw, pack(u.user, sessions))
  r.version = from + (first and 2 or 1)
  redis.call("HSET", r.key .. "i", "v", int(r.version))
  if first then
    redis.call("HSET", r.key .. "i", "since", int(cell.now))
    redis.call("ZADD", cell.prefix .. "rooms:" .. r.tenant .. ":" .. encode(r.ns), 0, r.room)
    redis.call("ZREM", cell.prefix .. "retain", r.ref)
    tell(r, "occupied", from + 1, nil, why)
  end
  if not raw then tell(r, "joined", r.version, u.user, why) end
  publish(r, from, raw and "updated" or "joined", after, count, why)
  r.count = count
  return raw and "updated" or "joined", after
end

--- Takes session `s` out of the roster. Does nothing when it is not in it.
function rooms.leave(r, u, s, why)
  local raw = packed.find(r.key .. "roster", u.user)
  if not raw then return end
  local sessions, rest = parse(raw), {}
  for _, x in ipairs(sessions) do if x.id ~= s.id then rest[#rest + 1] = x end end
  if #rest == #sessions then return end
  state.unbind(r, u, s, why)
  local from = r.version
  packed.put(r.key .. "roster", raw, pack(u.user, rest))
  local count = rooms.count(r)
  r.version = from + (count == 0 and 2 or 1)
  redis.call("HSET", r.key .. "i", "v", int(r.version))
  if #rest > 0 then
    return publish(r, from, "updated", member(u.user, rest), count, why)
  end
  tell(r, "left", from + 1, u.user, why)
  publish(r, from, "left", '"' .. u.user .. '"', count, why)
  if count == 0 then
    tell(r, "vacated", r.version, nil, why)
    redis.call("ZREM", cell.prefix .. "rooms:" .. r.tenant .. ":" .. encode(r.ns), r.room)
    if r.retain == 0 then
      rooms.forget(r)
    else
      redis.call("ZADD", cell.prefix .. "retain", int(cell.clock + (r.state_retain > 0 and r.state_retain or r.retain)), r.ref)
    end
  end
end

--- Ends the room's life: the next one has another epoch.
function rooms.forget(r)
  state.flush(r)
  redis.call("DEL", r.key .. "i", r.key .. "roster", r.key .. "state", r.key .. "versions", r.key .. "gone", r.key .. "history")
  for _, due in ipairs({ "retain", "occupancy", "resync", "expiry", "publish" }) do
    redis.call("ZREM", cell.prefix .. due, r.ref)
  end
end
