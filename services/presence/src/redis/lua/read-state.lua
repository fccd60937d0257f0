--- read-state: a room's keys.
-- KEYS[1] the cell's epoch record. ARGV[1] run id, [2] tenant, [3] namespace, [4] room, [5] which:
--   "page" <after key> <bytes> | "keys" <key>... | "since" <version>
-- Returns { "OK", epoch, brake, birth, version, more ("1" or ""), { key, packed entry, ... }, { deleted key, ... } }
--   | { "EPOCH" }. A packed entry is the one of lib/state.lua; packed.ts reads it. "since" a version that is not covered
--   answers more = "gap" and nothing else. Bounds: a room's state (256 keys, 256 KiB); tombstones CFG.state_changes.
-- flags: no-writes
-- include: text time cell packed rooms

if not cell.enter(ARGV[1], false, true) then return { "EPOCH" } end
local r = rooms.load(ARGV[2], ARGV[3], ARGV[4])
local more, entries, deleted = "", {}, {}
local function add(key, raw)
  entries[#entries + 1] = key
  entries[#entries + 1] = raw
end
if ARGV[5] == "page" then
  local keys, bytes = redis.call("HKEYS", r.key .. "state"), tonumber(ARGV[7])
  table.sort(keys)
  for _, key in ipairs(keys) do
    if key > ARGV[6] then
      local raw = redis.call("HGET", r.key .. "state", key)
      bytes = bytes - #raw - #key - 100 -- as JSON it has names and quotes
      if bytes < 0 and #entries > 0 then
        more = "1"
        break
      end
      add(key, raw)
    end
  end
elseif ARGV[5] == "keys" then
  for i = 6, #ARGV do
    local raw = redis.call("HGET", r.key .. "state", ARGV[i])
    if raw then add(ARGV[i], raw) end
  end
else
  local have = tonumber(ARGV[6])
  local floor = tonumber(redis.call("HGET", r.key .. "i", "f") or "0")
  local changed = have >= floor and have <= r.state and
    redis.call("ZRANGEBYSCORE", r.key .. "versions", "(" .. int(have), "+inf", "LIMIT", 0, CFG.state_changes + 1)
  if not changed or #changed > CFG.state_changes then
    more = "gap"
  else
    for _, key in ipairs(changed) do
      local raw = redis.call("HGET", r.key .. "state", key)
      if raw then add(key, raw) else deleted[#deleted + 1] = key end
    end
  end
end
return { "OK", cell.epoch, cell.stale(), r.birth, int(r.state), more, entries, deleted }
