--- relay-take: the oldest entries of the outbox, for the one relay of the cell.
-- KEYS[1] the cell's epoch record. ARGV[1] run id, [2] the caller, [3] ms its claim holds, [4] how many entries.
-- Returns { "OK", epoch, brake, mine ("1" or ""), entries lost to the bound since ever, Redis time in ms, entries }
--   | { "EPOCH" }. `relay` hash: by, until (Redis time), done (entries removed after publishing).
-- Bounds: ARGV[4] entries.
-- flags: allow-oom
-- include: text time cell

if not cell.enter(ARGV[1], true) then return { "EPOCH" } end
local key, outbox = cell.prefix .. "relay", cell.prefix .. "outbox"
local by, till, done = unpack(redis.call("HMGET", key, "by", "until", "done"))
-- A time far ahead is one of before a clock went back.
local held = by and by ~= ARGV[2] and tonumber(till) > cell.now and tonumber(till) <= cell.now + tonumber(ARGV[3])
if held then return { "OK", cell.epoch, cell.stale(), "", 0, int(cell.now), {} } end
redis.call("HSET", key, "by", ARGV[2], "until", int(cell.now + tonumber(ARGV[3])))
local entries, dropped = redis.call("XRANGE", outbox, "-", "+", "COUNT", ARGV[4]), 0
if #entries > 0 then
  local info = redis.call("XINFO", "STREAM", outbox)
  local added, length
  for i = 1, #info, 2 do
    if info[i] == "entries-added" then added = info[i + 1] end
    if info[i] == "length" then length = info[i + 1] end
  end
  dropped = math.max(0, added - length - tonumber(done or "0"))
end
return { "OK", cell.epoch, cell.stale(), "1", dropped, int(cell.now), entries }
