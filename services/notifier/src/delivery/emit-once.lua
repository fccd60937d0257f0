#!lua
-- emit-once: appends one message to the fan-out log unless it was appended before.
-- KEYS[1] marker of the message   KEYS[2] log   KEYS[3] lease of the source it came from
-- ARGV[1] horizon ms   ARGV[2] approximate length of the log   ARGV[3] reading term, or "" for none
-- ARGV[4..] fields of the entry
-- Returns { "NEW" | "REPEAT", position } or { "FENCED" }: another reader took the source over, nothing is written.
-- Bounds: 5 commands. Safe to run twice: the marker is written in the same commit as the entry.
if ARGV[3] ~= "" then
  local term = redis.call("GET", KEYS[3])
  if term and term ~= ARGV[3] then return { "FENCED" } end
end
local position = redis.call("GET", KEYS[1])
if position then return { "REPEAT", position } end
position = redis.call("XADD", KEYS[2], "MAXLEN", "~", ARGV[2], "*", unpack(ARGV, 4))
redis.call("SET", KEYS[1], position, "PX", ARGV[1])
return { "NEW", position }
