--- The arguments of a script, taken one after the other. The script says at which they begin: `next_arg = 5`.
local next_arg = 1

local function take(count)
  local from = next_arg
  next_arg = from + count
  return unpack(ARGV, from, next_arg - 1)
end
