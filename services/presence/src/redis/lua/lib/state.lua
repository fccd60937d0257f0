--- state: a room's shared keys.
local state = {}

function state.clear(r) end

function state.expire(budget) return 0 end
