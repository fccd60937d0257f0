--- patch: reads the operations of a patch from the arguments and applies them, whole or not at all.

local patch = {}
local LARGEST = 9007199254740991

--- Takes: count, then per operation: op key value-or-by ttl bind ("1") if ("", "absent" or a version) least most (of a sum).
-- by: { user ("" = a backend), session, observer }. Returns the epoch and version, or nil and the error to answer.
function patch.apply(r, by, why)
  local c, count = state.begin(r), tonumber((take(1)))
  local version, me = c.version + 1, by.user .. " " .. by.session
  for i = 0, count - 1 do
    local op, key, value, ttl, bind, condition, least, most = take(8)
    local e = state.get(c, key)
    local function conflict(message)
      return nil, { "err", "CONFLICT", message or "", '{"op":' .. i .. ',"version":' .. int(e and e.version or 0) .. "}" }
    end
    local function refused(code, message) return nil, { "err", code, message, '{"op":' .. i .. "}" } end
    if condition == "absent" then
      if e then return conflict() end
    elseif condition ~= "" and (not e or int(e.version) ~= condition) then
      return conflict()
    end
    if e and e.bound ~= "" and by.user ~= "" and string.match(e.bound, "^[^ ]*") ~= by.user then
      return refused("FORBIDDEN", "the key is bound to another user's session")
    end
    if bind == "1" and (by.user == "" or by.observer) then return refused("FORBIDDEN", "only a member may bind") end
    if op == "set" then
      if #value > CFG.state_value then return refused("LIMIT_EXCEEDED", "a value may have " .. CFG.state_value .. " bytes") end
      state.put(c, key, { version = version, by = by.user, value = value, bound = bind == "1" and me or "",
        deadline = ttl == "" and "" or int(cell.clock + tonumber(ttl)),
        expires = ttl == "" and "" or int(cell.now + tonumber(ttl)) })
    elseif op == "delete" then
      if e then state.put(c, key, nil) end
    else
      local old = e and e.value or "0"
      local sum = string.match(old, "^-?%d+$") and tonumber(old) + tonumber(value)
      if not sum or math.abs(tonumber(old)) > LARGEST then return conflict("the value is no integer") end
      if sum < (tonumber(least) or -LARGEST) or sum > (tonumber(most) or LARGEST) then
        return conflict("the contract allows no such sum")
      end
      state.put(c, key, { version = version, by = by.user, value = int(sum), bound = bind == "1" and me or e and e.bound or "",
        deadline = e and e.deadline or "", expires = e and e.expires or "" })
    end
  end
  local keys, bytes = redis.call("HLEN", r.key .. "state"), c.bytes
  for _, key in ipairs(c.order) do
    local before, after = c.before[key], c.after[key]
    keys = keys + (after and 1 or 0) - (before and 1 or 0)
    bytes = bytes + (after and #key + #after.value or 0) - (before and #key + #before.value or 0)
  end
  if keys > CFG.state_keys then return nil, { "err", "LIMIT_EXCEEDED", "a room may have " .. CFG.state_keys .. " keys" } end
  if bytes > CFG.state_bytes and bytes > c.bytes then
    return nil, { "err", "LIMIT_EXCEEDED", "a room's state may have " .. CFG.state_bytes .. " bytes" }
  end
  state.commit(c, why)
  return { rooms.epoch(r), int(c.version) }
end
