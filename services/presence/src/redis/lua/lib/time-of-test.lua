--- time_ms for tests: reads the key `<prefix>test:now`, so that virtual time drives the real scripts.
local function time_ms()
  return tonumber(redis.call("GET", (string.gsub(KEYS[1], "epoch$", "test:now"))))
end
