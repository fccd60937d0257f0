--- rollcall_ledger: applies one event to the record of one recipient. Part of larger scripts, behind the tables of lua.ts.
-- c        { prefix, tenant, ns, user, now = ms, due = key of the timers, open = key prefix of the open events }
-- mid      the event
-- event    name of the ledger event
-- Returns the new state and the old one, or nil when there is no record; equal states: nothing changed.
-- Bounds: 6 commands. A record that becomes final gives its timer back, and the last one of an event closes the event.
local function rollcall_part(text)
  return (string.gsub(text, "[^%w_-]", function(char) return string.format("%%%02X", string.byte(char)) end))
end

local function rollcall_event_key(c, mid)
  return c.prefix .. "event:" .. rollcall_part(c.tenant) .. ":" .. rollcall_part(c.ns) .. ":" .. rollcall_part(mid)
end

local function rollcall_timer(c, mid)
  return c.tenant .. " " .. c.ns .. " " .. c.user .. " " .. mid
end

local function rollcall_close(c, mid, key)
  redis.call("ZREM", c.due, rollcall_timer(c, mid))
  if redis.call("HINCRBY", key, "open", -1) <= 0 then
    local source = redis.call("HGET", key, "source")
    if source and source ~= "" then redis.call("ZREM", c.open .. source, key) end
  end
end

local function rollcall_ledger(c, mid, event)
  local key = rollcall_event_key(c, mid)
  local field = "u:" .. c.user
  local text = redis.call("HGET", key, field)
  if not text then return nil end
  local state, seq, attempts = string.match(text, "^(%a+)|(%d+)|%d+|[%a_]*|(%d+)$")
  local row = ROLLCALL_TRANSITIONS[state]
  local nextState = row and row[event]
  if not nextState then return state, state end
  local reason = ""
  if nextState == "suppressed" or nextState == "dead" then reason = ROLLCALL_REASONS[event] or event end
  if event == "claim" and nextState == "attempting" then attempts = string.format("%.0f", tonumber(attempts) + 1) end
  redis.call("HSET", key, field,
    nextState .. "|" .. seq .. "|" .. string.format("%.0f", c.now) .. "|" .. reason .. "|" .. attempts)
  if ROLLCALL_FINAL[nextState] then rollcall_close(c, mid, key) end
  return nextState, state, reason
end
