--- history: the recent events of a room, `r:...:history` stream: id `<seq>-1`, fields t (ms) and e (JSON triple).
-- In `:i`: q (seq), ht (ms an event is kept). H1 seq is consecutive. H2 What is too old is not read, whether or not it is gone.

local history = {}

--- Returns the event's seq.
function history.add(r, event, data, meta, size, ttl)
  local key = r.key .. "history"
  local seq = redis.call("HINCRBY", r.key .. "i", "q", 1)
  r.seq = seq
  redis.call("HSET", r.key .. "i", "ht", int(ttl))
  redis.call("XADD", key, "MAXLEN", "=", int(size), int(seq) .. "-1", "t", int(cell.now), "e",
    '["' .. event .. '",' .. data .. "," .. string.sub(meta, 1, -2) .. ',"seq":' .. int(seq) .. "}]")
  for _, old in ipairs(redis.call("XRANGE", key, "-", "+", "COUNT", CFG.history_trim)) do
    if tonumber(old[2][2]) > cell.now - ttl then break end
    redis.call("XDEL", key, old[1])
  end
  return seq
end

--- Texts of the kept events, ascending, and their seqs. `from`, `to`: exclusive, "" for none; newest: from that end.
function history.read(r, from, to, limit, newest)
  local key = r.key .. "history"
  local ttl = tonumber(redis.call("HGET", r.key .. "i", "ht") or "0")
  local first = from == "" and "-" or "(" .. from .. "-1"
  local last = to == "" and "+" or "(" .. to .. "-1"
  local found = newest and redis.call("XREVRANGE", key, last, first, "COUNT", limit)
    or redis.call("XRANGE", key, first, last, "COUNT", limit)
  local events, seqs = {}, {}
  for i = 1, #found do
    local one = found[newest and #found + 1 - i or i]
    if tonumber(one[2][2]) > cell.now - ttl then -- H2
      events[#events + 1] = one[2][4]
      seqs[#seqs + 1] = string.match(one[1], "^%d+")
    end
  end
  return events, seqs
end
