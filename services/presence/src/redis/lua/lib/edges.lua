--- edges: leases, lanes, and what each edge holds.
-- `edge:<id>` hash: ep (epoch of its hello), n (last applied number), c x y (digest), r (round of its last assertion), gone (fenced).
-- `edge:<id>:s` set: its live sessions; `edge:<id>:old`: those an assertion in progress has not named yet.
-- `leases` zset: edge -> deadline. `evicting` zset: `<reason> <edge> <s|old>` -> deadline its sessions' grace counts from.
-- E1 A fenced edge, one of another epoch, and an unknown one are told the same: UNKNOWN_EDGE.
-- E2 The digest of an edge is the fold of its live sessions and all their memberships. It is kept by adding and taking away, here
--    alone: the twin derives it from the sets, so only what runs on Redis can see a slip (contract/edges.ts, differential.ts).

local edges = {}

local function edge_key(id)
  return cell.prefix .. "edge:" .. encode(id)
end
edges.key = edge_key

--- False for one that was fenced, forgotten, or knows another epoch only.
function edges.alive(id)
  local ep, gone = unpack(redis.call("HMGET", edge_key(id), "ep", "gone"))
  return ep == cell.epoch and not gone
end

--- Of an earlier epoch: what its records say may have been rewound.
function edges.of_old(id)
  return redis.call("HGET", edge_key(id), "ep") ~= cell.epoch
end

--- The edge whose lane this call is; its numbers are kept here and written by edges.save.
function edges.enter(id)
  local r = redis.call("HMGET", edge_key(id), "ep", "n", "c", "x", "y", "gone")
  if r[1] ~= cell.epoch or r[6] then return nil end -- E1
  edges.own = { id = id, n = tonumber(r[2]), c = tonumber(r[3]), x = tonumber(r[4]), y = tonumber(r[5]) }
  return edges.own
end

function edges.save()
  local e = edges.own
  redis.call("HSET", edge_key(e.id), "n", int(e.n), "c", int(e.c), "x", int(e.x % 4294967296), "y", int(e.y % 4294967296))
end

--- The text of one item, as `digestItem` of packages/contracts makes it.
local function item(u, s, room)
  local base = u.tenant .. "\n" .. s.ns .. "\n" .. u.user .. "\n" .. s.id
  if room then return "m\n" .. base .. "\n" .. room end
  return "s\n" .. base .. "\n" .. s.inc
end

local function xor(record, text, by)
  local hex = redis.sha1hex(text)
  record.c = record.c + by
  record.x = bit.bxor(record.x, tonumber(string.sub(hex, 1, 8), 16))
  record.y = bit.bxor(record.y, tonumber(string.sub(hex, 9, 16), 16))
end

--- `by` is 1 or -1. Folds one membership (`room`), or the session itself and all its memberships.
function edges.fold(u, s, by, room)
  local own = edges.own and edges.own.id == s.edge
  local record = edges.own
  if not own then
    local r = redis.call("HMGET", edge_key(s.edge), "c", "x", "y", "gone")
    if not r[1] or r[4] then return end
    record = { id = s.edge, c = tonumber(r[1]), x = tonumber(r[2]), y = tonumber(r[3]) }
  end
  if room then
    xor(record, item(u, s, room), by)
  else
    xor(record, item(u, s), by)
    for name in string.gmatch(s.rooms, "[mo](%S+)") do xor(record, item(u, s, name), by) end
  end
  if not own then
    redis.call("HSET", edge_key(record.id), "c", int(record.c), "x", int(record.x % 4294967296),
      "y", int(record.y % 4294967296))
  end
end

local function ref_text(u, s)
  return u.tenant .. " " .. u.user .. " " .. s.ns .. " " .. s.id
end

function edges.hold(u, s)
  redis.call("SADD", edge_key(s.edge) .. ":s", ref_text(u, s))
end

function edges.release(u, s)
  local ref = ref_text(u, s)
  if redis.call("SREM", edge_key(s.edge) .. ":s", ref) == 0 then redis.call("SREM", edge_key(s.edge) .. ":old", ref) end
end

--- Fences: whatever still comes from this edge changes nothing. Its sessions' grace counts from `from`.
function edges.fence(id, reason, from)
  local key = edge_key(id)
  redis.call("ZREM", cell.prefix .. "leases", id)
  redis.call("DEL", key)
  redis.call("HSET", key, "gone", "1", "ep", cell.epoch)
  redis.call("EXPIRE", key, CFG.tombstone)
  for _, set in ipairs({ "s", "old" }) do
    if redis.call("EXISTS", key .. ":" .. set) == 1 then
      redis.call("ZADD", cell.prefix .. "evicting", int(from), reason .. " " .. id .. " " .. set)
    end
  end
end
