#!lua
-- lease: takes, renews or gives back the right to read one source.
-- KEYS[1] lease   ARGV[1] reading term   ARGV[2] lease ms, 0 to give back
-- Returns 1 when the term holds the lease (held it, for a release), else 0.
-- Bounds: 2 commands. Safe to run twice. A lease that ended and that nobody took is simply continued.
local term = redis.call("GET", KEYS[1])
if term and term ~= ARGV[1] then return 0 end
if ARGV[2] == "0" then
  redis.call("DEL", KEYS[1])
else
  redis.call("SET", KEYS[1], ARGV[1], "PX", ARGV[2])
end
return 1
