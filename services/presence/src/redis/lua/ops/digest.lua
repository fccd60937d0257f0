--- digest: Takes: count x1 x2 of what the edge holds. Returns: "1" when the same is recorded here, else "".
ops.digest = function()
  local count, x, y = take(3)
  local e = edges.own
  local same = tonumber(count) == e.c and tonumber(x) == e.x % 4294967296 and tonumber(y) == e.y % 4294967296
  return { "ok", same and "1" or "" }
end
