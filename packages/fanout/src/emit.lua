--- rollcall_emit: appends one message to the fan-out log, in the format of entry.ts. Part of a larger script.
-- log     key of the log stream
-- maxLen  approximate length it is trimmed to
-- e       { nsp, tenant, room = targets joined by one space, mid, tp = traceparent or "", ev = event,
--           packet = JSON text `[event,payload,meta]`, x = except joined by one space (optional), vol = "1" (optional) }
-- Returns the stream id. Bounds: one XADD. Texts are concatenated, never parsed: names of the wire need no escape.
local function rollcall_emit(log, maxLen, e)
  local function list(joined)
    if joined == nil or joined == "" then return "[]" end
    return '["' .. string.gsub(joined, " ", '","') .. '"]'
  end
  local data = '{"packet":{"type":2,"nsp":"' .. e.nsp .. '","data":' .. e.packet ..
    '},"opts":{"rooms":' .. list(e.room) .. ',"except":' .. list(e.x) .. ',"flags":{}}}'
  local args = { "XADD", log, "MAXLEN", "~", maxLen, "*",
    "uid", "rollcall", "nsp", e.nsp, "type", "3", "data", data,
    "tenant", e.tenant, "room", e.room, "mid", e.mid, "tp", e.tp, "ev", e.ev }
  if e.x ~= nil and e.x ~= "" then
    args[#args + 1] = "x"
    args[#args + 1] = e.x
  end
  if e.vol == "1" then
    args[#args + 1] = "vol"
    args[#args + 1] = "1"
  end
  return redis.call(unpack(args))
end
