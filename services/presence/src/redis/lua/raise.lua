--- raise: begins a new epoch after a flush, a restart or a failover.
-- KEYS[1] the cell's epoch record. ARGV[1] run id, [2] the highest epoch the caller has seen.
-- Returns { epoch, "1" if it was raised by this call else "" }.
-- Every edge known before is told UNKNOWN_EDGE from now on (its record names the old epoch) and asserts under a new id;
-- what nobody asserts is evicted when the brake has ended. Bounds: CFG.edges edges, the rest at their next call.
-- include: text time cell

local run, epoch, t, c, p = unpack(redis.call("HMGET", KEYS[1], "run", "epoch", "t", "c", "p"))
if run == ARGV[1] then return { epoch, "" } end
local now = time_ms()
epoch = math.max(now, tonumber(ARGV[2]) + 1, tonumber(epoch or "0") + 1)
local first = not run and tonumber(ARGV[2]) == 0 -- nobody has seen this cell before: nobody can be missing
c = tonumber(c or int(now))
local gone = now - tonumber(t or int(now))
p = tonumber(p or "0") + ((gone < 0 or gone > CFG.gap) and CFG.gap_passed or gone)
redis.call("HSET", KEYS[1], "run", ARGV[1], "epoch", int(epoch), "t", int(now), "c", int(c), "p", int(p))
if not first then redis.call("HSET", KEYS[1], "brake", "epoch", "spent", 0) end
for _, edge in ipairs(redis.call("ZRANGE", cell.prefix .. "leases", 0, CFG.edges - 1)) do
  redis.call("ZADD", cell.prefix .. "evicting", int(c), "evicted " .. edge .. " s")
  redis.call("ZADD", cell.prefix .. "evicting", int(c), "evicted " .. edge .. " old")
  redis.call("EXPIRE", cell.prefix .. "edge:" .. encode(edge), CFG.tombstone)
end
redis.call("DEL", cell.prefix .. "leases")
cell.epoch, cell.now = int(epoch), now
cell.tell("epoch", int(epoch), "", "", "", "", "", '{"epoch":"' .. int(epoch) .. '","at":"' .. iso(now) .. '"}')
return { int(epoch), "1" }
