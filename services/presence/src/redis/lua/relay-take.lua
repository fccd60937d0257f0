--- relay-take: the oldest entries of the outbox, for the one relay of the cell; or, asked for none, how it stands.
-- KEYS[1] the cell's epoch record. ARGV[1] run id, [2] the caller, [3] ms its claim holds, [4] how many entries.
-- Returns { "OK", epoch, brake, mine ("1" or ""), entries lost to the bound since ever, Redis time in ms, how many wait,
--   Redis time of the oldest in ms ("" without one), entries } | { "EPOCH" }.
-- `relay` hash: by, until (Redis time), done (entries removed after publishing).
-- Bounds: ARGV[4] entries.
-- flags: allow-oom
-- include: text time cell

if not cell.enter(ARGV[1], true) then return { "EPOCH" } end
local key, outbox, count = cell.prefix .. "relay", cell.prefix .. "outbox", tonumber(ARGV[4])
local by, till, done = unpack(redis.call("HMGET", key, "by", "until", "done"))
-- A time far ahead is one of before a clock went back.
local held = by and by ~= ARGV[2] and tonumber(till) > cell.now and tonumber(till) <= cell.now + tonumber(ARGV[3])
local mine, entries = "", {}
if count > 0 and not held then
  mine = "1"
  redis.call("HSET", key, "by", ARGV[2], "until", int(cell.now + tonumber(ARGV[3])))
  entries = redis.call("XRANGE", outbox, "-", "+", "COUNT", count)
end
local dropped, waiting, oldest = 0, 0, ""
if redis.call("EXISTS", outbox) == 1 then
  local stream, info = {}, redis.call("XINFO", "STREAM", outbox)
  for i = 1, #info, 2 do stream[info[i]] = info[i + 1] end
  waiting = stream.length
  if waiting > 0 then oldest = string.match(stream["first-entry"][1], "^%d+") end
  dropped = math.max(0, stream["entries-added"] - waiting - tonumber(done or "0"))
end
return { "OK", cell.epoch, cell.stale(), mine, dropped, int(cell.now), waiting, oldest, entries }
