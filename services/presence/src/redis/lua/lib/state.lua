--- state: a room's shared keys.
-- `r:...:state` hash: key -> version \2 by \2 deadline (cell's clock) \2 expires at (ms) \2 bound ("<user> <session>") \2 value.
-- `r:...:versions` zset: key -> version, deleted ones too. `r:...:gone` zset: deleted key -> clock.
-- In `:i`: s (version), f (the highest version whose tombstone was dropped: no delta from below), sb (bytes of keys and
--   values), nb (bound keys), pv (version the backends know).
-- `expiry` zset: room -> clock of its next expiring key. `publish` zset: room -> clock of its next message to backends.
-- T1 A patch is one version and one diff, or nothing at all.
-- T2 Deleted keys are remembered for CFG.tombstone_state; a delta reaches no further back than what is remembered.

local KEYS_OF_STATE = { "s", "f", "sb", "nb", "pv" }

--- An entry as it is stored, or nil.
local function entry_of(raw)
  if not raw then return nil end
  local f = split(raw, "\2")
  return { version = tonumber(f[1]), by = f[2], deadline = f[3], expires = f[4], bound = f[5], value = f[6] }
end

local function pack_entry(e)
  return table.concat({ int(e.version), e.by, e.deadline, e.expires, e.bound, e.value }, "\2")
end

local function entry_json(key, e)
  return '{"key":"' .. key .. '","value":' .. e.value .. ',"version":' .. int(e.version) ..
    (e.by == "" and "" or ',"by":"' .. e.by .. '"') ..
    (e.expires == "" and "" or ',"expiresAt":"' .. iso(tonumber(e.expires)) .. '"') ..
    (e.bound == "" and "" or ',"bound":"' .. string.match(e.bound, " (.*)$") .. '"') .. "}"
end

--- What a change needs to know; `before` and `after` hold the entries it looks at, false for none.
function state.begin(r)
  local m = redis.call("HMGET", r.key .. "i", unpack(KEYS_OF_STATE))
  return { r = r, version = tonumber(m[1] or "0"), floor = tonumber(m[2] or "0"), bytes = tonumber(m[3] or "0"),
    bound = tonumber(m[4] or "0"), published = tonumber(m[5] or "0"), before = {}, after = {}, changed = {}, order = {} }
end

function state.get(c, key)
  if c.after[key] == nil then
    local e = entry_of(redis.call("HGET", c.r.key .. "state", key)) or false
    c.before[key], c.after[key] = e, e
  end
  return c.after[key]
end

--- `e` nil deletes.
function state.put(c, key, e)
  if not c.changed[key] then c.changed[key], c.order[#c.order + 1] = true, key end
  c.after[key] = e or false
end

--- T1. Writes the change and tells sockets. Nothing when nothing changed.
function state.commit(c, why)
  local r, set, deleted, keys = c.r, {}, {}, 0
  local version = c.version + 1
  for _, key in ipairs(c.order) do
    local before, after = c.before[key], c.after[key]
    if before then
      c.bytes = c.bytes - #key - #before.value
      if before.bound ~= "" then c.bound = c.bound - 1 end
    end
    if after then
      c.bytes = c.bytes + #key + #after.value
      if after.bound ~= "" then c.bound = c.bound + 1 end
      set[#set + 1] = entry_json(key, after)
      redis.call("HSET", r.key .. "state", key, pack_entry(after))
      redis.call("ZREM", r.key .. "gone", key)
      if after.deadline ~= "" then
        redis.call("ZADD", cell.prefix .. "expiry", "LT", after.deadline, r.ref)
      end
    elseif before then
      deleted[#deleted + 1] = '"' .. key .. '"'
      redis.call("HDEL", r.key .. "state", key)
      redis.call("ZADD", r.key .. "gone", int(cell.clock), key)
    end
    if before or after then
      keys = keys + 1
      redis.call("ZADD", r.key .. "versions", int(version), key)
    end
  end
  if keys == 0 then return false end
  local from = c.version
  c.version, r.state = version, version
  for _, old in ipairs(redis.call("ZRANGEBYSCORE", r.key .. "gone", "-inf", int(cell.clock - CFG.tombstone_state), "LIMIT", 0, 16)) do
    c.floor = math.max(c.floor, tonumber(redis.call("ZSCORE", r.key .. "versions", old))) -- T2
    redis.call("ZREM", r.key .. "versions", old)
    redis.call("ZREM", r.key .. "gone", old)
  end
  redis.call("HSET", r.key .. "i", "s", int(version), "f", int(c.floor), "sb", int(c.bytes), "nb", int(c.bound))
  rooms.emit(r, "room:state", cell.epoch .. "-" .. r.birth .. "-t" .. int(version), '"epoch":"' .. rooms.epoch(r) ..
    '","from":' .. int(from) .. ',"to":' .. int(version) ..
    (#set > 0 and ',"set":[' .. table.concat(set, ",") .. "]" or "") ..
    (#deleted > 0 and ',"deleted":[' .. table.concat(deleted, ",") .. "]" or ""), why)
  if r.publish then redis.call("ZADD", cell.prefix .. "publish", "NX", int(cell.clock + CFG.publish_every), r.ref) end
  return true
end

--- Deletes what `gone(entry)` says, in one change.
local function sweep_keys(r, gone, why)
  local c, raw, nearest = state.begin(r), redis.call("HGETALL", r.key .. "state"), nil
  for i = 1, #raw, 2 do
    local key, e = raw[i], entry_of(raw[i + 1])
    if gone(e) then
      c.before[key], c.after[key] = e, e
      state.put(c, key, nil)
    elseif e.deadline ~= "" then
      nearest = math.min(nearest or math.huge, tonumber(e.deadline))
    end
  end
  state.commit(c, why)
  return nearest
end

--- S3: what is bound to a session goes with it.
function state.unbind(r, u, s, why)
  local bound = redis.call("HGET", r.key .. "i", "nb")
  if not bound or bound == "0" then return end
  local owner = u.user .. " " .. s.id
  sweep_keys(r, function(e) return e.bound == owner end, why)
end

--- Forgets every key, at the end of its retention. The version goes on.
function state.clear(r)
  state.flush(r)
  redis.call("DEL", r.key .. "state", r.key .. "versions", r.key .. "gone")
  redis.call("HSET", r.key .. "i", "s", int(r.state + 1), "f", int(r.state + 1), "sb", "0", "nb", "0")
  redis.call("ZREM", cell.prefix .. "expiry", r.ref)
end

--- Keys whose time is over, of one room.
function state.expire(r)
  redis.call("ZREM", cell.prefix .. "expiry", r.ref)
  if not r.exists then return end
  local nearest = sweep_keys(r, function(e) return e.deadline ~= "" and tonumber(e.deadline) <= cell.clock end, { tp = "" })
  if nearest then redis.call("ZADD", cell.prefix .. "expiry", int(nearest), r.ref) end
end

--- What changed since the backends were told, merged. Bounds: the room's state (256 keys, 256 KiB) and tombstones.
function state.publish(r)
  redis.call("ZREM", cell.prefix .. "publish", r.ref)
  local c = state.begin(r)
  if not r.exists or c.version == c.published then return end
  local set, deleted = {}, {}
  for _, key in ipairs(redis.call("ZRANGEBYSCORE", r.key .. "versions", "(" .. int(c.published), "+inf", "LIMIT", 0, CFG.state_changes)) do
    local e = entry_of(redis.call("HGET", r.key .. "state", key))
    if e then set[#set + 1] = entry_json(key, e) else deleted[#deleted + 1] = '"' .. key .. '"' end
  end
  redis.call("HSET", r.key .. "i", "pv", int(c.version))
  cell.tell("state", cell.epoch .. "-" .. r.birth .. "-p" .. int(c.version), "", r.tenant, "", r.ns, r.room,
    '{"tenant":"' .. r.tenant .. '","namespace":"' .. r.ns .. '","room":"' .. r.room .. '","epoch":"' .. rooms.epoch(r) ..
    '","version":' .. rooms.tell_version(r, math.max(r.version + 1, c.version)) .. ',"at":"' .. iso(cell.now) .. '","set":[' .. table.concat(set, ",") ..
    '],"deleted":[' .. table.concat(deleted, ",") .. "]}")
end

--- T5: tells the backends what is still due, before it is forgotten.
function state.flush(r)
  if redis.call("ZSCORE", cell.prefix .. "publish", r.ref) then state.publish(r) end
end

--- The answer once given to (tenant, namespace, user, event, id), or nil. Remembered for CFG.idempotent.
local function id_key(tenant, ns, user, event, id)
  return cell.prefix .. "id:" .. tenant .. ":" .. encode(ns) .. ":" .. encode(user) .. ":" .. encode(event) .. ":" .. encode(id)
end

function state.answered(tenant, ns, user, event, id)
  return id ~= "" and redis.call("GET", id_key(tenant, ns, user, event, id)) or nil
end

function state.remember(tenant, ns, user, event, id, answer)
  if id ~= "" then redis.call("SET", id_key(tenant, ns, user, event, id), answer, "PX", CFG.idempotent) end
end
