--- text: splitting, name encoding, numbers and times as texts. Users' JSON passes through as opaque text:
-- it holds no raw control character, so \1 and \2 separate safely, and it is never decoded (cjson would change it).

local function split(text, separator)
  local parts, n, from = {}, 0, 1
  while true do
    local at = string.find(text, separator, from, true)
    n = n + 1
    if not at then
      parts[n] = string.sub(text, from)
      return parts
    end
    parts[n] = string.sub(text, from, at - 1)
    from = at + 1
  end
end

--- The key encoding of packages/contracts: each byte outside [A-Za-z0-9_-] is % and two upper-case hex digits.
local function encode(name)
  return (string.gsub(name, "[^A-Za-z0-9_-]", function(c) return string.format("%%%02X", string.byte(c)) end))
end

--- tostring would give 1.79e+15.
local function int(number)
  return string.format("%.0f", number)
end

local iso_of = {}
--- RFC 3339, UTC, milliseconds. Days to date after Howard Hinnant's civil_from_days; there is no os.date here.
local function iso(ms)
  local known = iso_of[ms]
  if known then return known end
  local floor = math.floor
  local seconds = floor(ms / 1000)
  local days = floor(seconds / 86400)
  local rest = seconds - days * 86400
  local z = days + 719468
  local era = floor(z / 146097)
  local doe = z - era * 146097
  local yoe = floor((doe - floor(doe / 1460) + floor(doe / 36524) - floor(doe / 146096)) / 365)
  local doy = doe - (365 * yoe + floor(yoe / 4) - floor(yoe / 100))
  local mp = floor((5 * doy + 2) / 153)
  local day = doy - floor((153 * mp + 2) / 5) + 1
  local month = mp < 10 and mp + 3 or mp - 9
  local year = yoe + era * 400 + (month <= 2 and 1 or 0)
  local text = string.format("%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", year, month, day,
    floor(rest / 3600), floor(rest % 3600 / 60), rest % 60, ms - seconds * 1000)
  iso_of[ms] = text
  return text
end
