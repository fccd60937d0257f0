--- users: a user of a tenant with all its sessions, one packed member of `u:<tenant>`:
--   <user> \1 birth \2 version \2 hidden \1 session \1 session ...
--   session = ns:id \2 edge \2 incarnation \2 connected \2 lost \2 since \2 issued \2 status \2 w \2 rooms \2 client \2 name \2 info [\2 trace]
-- connected is when its socket did, in the cell's passed time, "" when unknown; status is a (active), w (away) or b (busy); w orders writes; lost is "" or why its socket went;
-- rooms is " mdoc:1 odoc:2 ": m member, o observer. client, name and info are JSON texts or "";
-- trace is the traceparent of its connect, only there when that was sampled (G6).
-- U1 What a user is follows from its sessions alone, in any order of arrival.
-- U2 One commit bumps the version once, and only if somebody could read a difference.

local users = {}

local field = "([^\2]*)\2"
local SESSION = "^([^:]*):" .. string.rep(field, 12) .. "(.*)$"
local HEAD = "^" .. field .. field .. "(.*)$"
local STRENGTH = { a = 2, w = 1, b = 3 }
local STATUS = { a = "active", w = "away", b = "busy" }

--- `raw`: the packed record, when the caller has read it already.
function users.load(tenant, user, raw)
  local key = cell.prefix .. "u:" .. tenant
  local u = { key = key, tenant = tenant, user = user, birth = "0", version = 0, hidden = false, sessions = {} }
  u.raw = raw or packed.find(key, user)
  if not u.raw then return u end
  local parts = split(u.raw, "\1")
  local birth, version, hidden = string.match(parts[2], HEAD)
  u.birth, u.version, u.hidden = birth, tonumber(version), hidden == "1"
  for i = 3, #parts do
    local s = {}
    s.ns, s.id, s.edge, s.inc, s.at, s.lost, s.since, s.iat, s.status, s.w, s.rooms, s.client, s.name, s.info =
      string.match(parts[i], SESSION)
    s.w = tonumber(s.w)
    local at = string.find(s.info, "\2", 1, true)
    s.trace = at and string.sub(s.info, at + 1) or ""
    if at then s.info = string.sub(s.info, 1, at - 1) end
    u.sessions[i - 2] = s
  end
  return u
end

--- Before anything is changed that others may read: sessions come and go, status, info, hiding.
function users.touch(u)
  if not u.touched then u.touched, u.before = true, users.truth(u) end
end

function users.session(u, ns, id)
  for i, s in ipairs(u.sessions) do
    if s.ns == ns and s.id == id then return s, i end
  end
end

--- Those with a socket.
function users.count_live(u)
  local n = 0
  for _, s in ipairs(u.sessions) do
    if s.lost == "" then n = n + 1 end
  end
  return n
end

--- The next number in the order of this user's writes.
function users.next_write(u)
  local w = 0
  for _, s in ipairs(u.sessions) do w = math.max(w, s.w) end
  return w + 1
end

--- Applies a presence of the wire. Returns nothing; users.save tells who must know.
function users.write(u, s, status, info)
  users.touch(u)
  s.w, s.info = users.next_write(u), info
  u.hidden = status == "invisible"
  if not u.hidden then s.status = status == "away" and "w" or string.sub(status, 1, 1) end
end

--- Applies what an edge says of a session whose record may be older than that. As users.write, if it says anything new.
function users.catch_up(u, s, status, info)
  local hides = status == "invisible"
  if u.hidden ~= hides or s.info ~= info or not hides and STATUS[s.status] ~= status then users.write(u, s, status, info) end
end

local function stronger(a, b)
  if STRENGTH[a.status] ~= STRENGTH[b.status] then return STRENGTH[a.status] > STRENGTH[b.status] end
  if a.w ~= b.w then return a.w > b.w end
  if a.ns ~= b.ns then return a.ns > b.ns end
  return a.id > b.id
end

--- U1: the strongest session speaks for all. nil: offline.
function users.truth(u)
  local best
  for _, s in ipairs(u.sessions) do
    if not best or stronger(s, best) then best = s end
  end
  if not best then return nil end
  return { status = STATUS[best.status], info = best.info, devices = #u.sessions, hidden = u.hidden }
end

local function differs(a, b)
  if not a or not b then return a ~= b end
  return a.status ~= b.status or a.info ~= b.info or a.devices ~= b.devices
end

local function pack(u)
  if #u.sessions == 0 then return nil end
  local out = { u.user, u.birth .. "\2" .. int(u.version) .. "\2" .. (u.hidden and "1" or "") }
  for i, s in ipairs(u.sessions) do
    out[i + 2] = table.concat({ s.ns .. ":" .. s.id, s.edge, s.inc, s.at, s.lost, s.since, s.iat, s.status, int(s.w), s.rooms,
      s.client, s.name, s.info .. (s.trace == "" and "" or "\2" .. s.trace) }, "\2")
  end
  return table.concat(out, "\1")
end

--- What follows `"user":"..."` in both views.
local function facts(u, truth)
  return ',"status":"' .. truth.status .. '"' .. (truth.info == "" and "" or ',"info":' .. truth.info) ..
    ',"devices":' .. truth.devices .. ',"epoch":"' .. cell.epoch .. "." .. u.birth .. '","version":' .. int(u.version)
end

--- Writes the record and tells watchers and backends what changed for them.
-- why: { reason, tp, s = the session that caused it or nil, delay = ms since it was lost or nil }
function users.save(u, why)
  if not u.touched then
    local raw = pack(u)
    packed.put(u.key, u.raw, raw)
    u.raw = raw
    return
  end
  local before, after = u.before, users.truth(u)
  local kind
  if not before and after then
    kind, u.birth, u.version = "online", cell.birth(), 0
  elseif before and not after then
    kind = "offline"
  elseif differs(before, after) or (before and before.hidden ~= after.hidden) then
    kind = "changed"
    if before.hidden and not after.hidden then u.birth = cell.birth() end
  end
  if kind then u.version = u.version + 1 end -- U2
  local raw = pack(u)
  packed.put(u.key, u.raw, raw)
  u.raw, u.before = raw, after
  if not kind then return end

  local id = cell.epoch .. "-" .. u.birth .. "-u" .. int(u.version)
  local truth = after or { status = "offline", info = "", devices = 0, hidden = before.hidden }
  cell.tell(kind, id, why.tp, u.tenant, u.user, "", "", '{"tenant":"' .. u.tenant .. '","user":"' .. u.user .. '"' ..
    facts(u, truth) .. ',"visible":' .. (truth.hidden and "false" or "true") .. ',"at":"' .. iso(cell.now) ..
    '","reason":"' .. why.reason .. '"}', why.delay)

  local seen_before = before and not before.hidden and before or nil
  local seen_after = after and not after.hidden and after or nil
  if differs(seen_before, seen_after) then
    local view = '{"changes":[{"user":"' .. u.user .. '"' ..
      (seen_after and facts(u, seen_after) or ',"status":"offline"') .. "}]}"
    local from = why.s and ',"from":{"user":"' .. u.user .. '","session":"' .. why.s.id .. '"}' or ""
    cell.emit("/", u.tenant, "w:" .. u.tenant .. "/" .. u.user, "presence:changed", id, view, from, why.tp)
  end
end
