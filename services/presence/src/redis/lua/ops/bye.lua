--- bye: the edge leaves. Takes nothing, returns nothing. Sessions that still name it are lost from now on.
ops.bye = function()
  edges.fence(edges.own.id, "lost", cell.clock)
  edges.left = true
  return { "ok" }
end
