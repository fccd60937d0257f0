--- lane: a run of consecutive operations of one edge.
-- KEYS[1] the cell's epoch record.
-- ARGV[1] run id, [2] edge, [3] number of the first operation, [4] "1" to refuse what needs memory, then per operation:
--   name, count of arguments, arguments (see ops/).
-- Returns { "OK", epoch, brake, { result, ... } } | { "EPOCH" } | { "UNKNOWN_EDGE", epoch, brake };
--   a result is { "ok", ... } | { "err", code, message, details JSON } | { "repeat" } | { "gap" }; of those that are fine
--   what they hold is one text, joined by line breaks: lists cost Redis as much as what is in them.
-- Bounds: what the caller puts into one call (lane-calls.ts: 16 operations, or one assertion).
-- L1 Operation n is applied only right after n - 1, and its number is written in the same commit.
-- L2 An operation that fails is answered INTERNAL and counted: it cannot wedge the lane. Nothing fails before it wrote
--    but a bug: types and conditions are checked first.
-- include: arguments text time cell packed edges users rooms sessions state history patch

next_arg = 5
local ops = {}
-- include: ops/*

if not cell.enter(ARGV[1], true) then return { "EPOCH" } end
local own = edges.enter(ARGV[2])
if not own then return { "UNKNOWN_EDGE", cell.epoch, cell.stale() } end

local function as_text(result)
  if result[1] ~= "ok" then return result end
  for _, value in ipairs(result) do
    if type(value) == "table" or string.find(value, "\n", 1, true) then return result end -- no name or JSON holds one
  end
  return table.concat(result, "\n")
end

local NEEDS_MEMORY = { open = true, set = true, join = true, update = true, patch = true, publish = true, assert = true }
local results, n = {}, tonumber(ARGV[3])
while next_arg <= #ARGV do
  local name, count = take(2)
  local after = next_arg + tonumber(count)
  local result
  if n <= own.n then
    result = { "repeat" }
  elseif n > own.n + 1 or edges.left then
    result = { "gap" }
  else
    own.n = n -- L1
    if ARGV[4] == "1" and NEEDS_MEMORY[name] then
      result = { "err", "UNAVAILABLE", "the store is full" }
    else
      local fine, value = pcall(ops[name])
      result = fine and value or { "err", "INTERNAL", type(value) == "table" and value.err or tostring(value) } -- L2
    end
  end
  next_arg = after
  results[#results + 1] = as_text(result)
  n = n + 1
end
if not edges.left then edges.save() end
return { "OK", cell.epoch, cell.stale(), results }
