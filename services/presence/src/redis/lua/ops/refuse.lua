--- refuse: an operation that was refused before it came here; its number still counts. Takes: code.
ops.refuse = function()
  return { "err", (take(1)), "" }
end
