--- packed: many small records in one sorted set, ordered by id: member `<id>\1<rest>`, all of score 0.
-- Found and paged exactly by ZRANGEBYLEX, in about half the memory of a key each. No name holds a control character.

local packed = {}

function packed.find(key, id)
  return redis.call("ZRANGEBYLEX", key, "[" .. id .. "\1", "(" .. id .. "\2", "LIMIT", 0, 1)[1]
end

--- `before` and `after` are whole members; nil: there is none.
function packed.put(key, before, after)
  if before == after then return end
  if before then redis.call("ZREM", key, before) end
  if after then redis.call("ZADD", key, 0, after) end
end
