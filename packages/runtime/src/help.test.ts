import { equal, match } from "node:assert/strict";
import { test } from "vitest";
import { defineConfig, duration, integer, numbersRelate, optionalSecret } from "./config.ts";
import { helpText } from "./help.ts";

const description = "A setting.";
const schema = defineConfig({
  properties: {
    SIZE: integer({ default: 3, minimum: 1, maximum: 10, description }),
    TTL: duration({ default: 90_000, description }),
    KEY: optionalSecret({ description }),
  },
  relations: [numbersRelate("SIZE must not exceed TTL", ["SIZE", "TTL"], (size, ttl) => size <= ttl)],
});

test("every setting with its type, range and default, secrets marked, and the relations", () => {
  const text = helpText("edge", schema);
  for (const part of [
    "SIZE\n  A setting.\n  (integer; 1 to 10; default 3)",
    "TTL\n  A setting.\n  (duration; default 90s)",
    "KEY\n  A setting.\n  (text, secret)",
    "  SIZE must not exceed TTL.",
  ]) {
    equal(text.includes(part), true, part);
  }
  match(text, /--print-config/);
});
