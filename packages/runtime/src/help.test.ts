import { equal, match } from "node:assert/strict";
import { test } from "vitest";
import { defineConfig, duration, integer, optionalSecret } from "./config.ts";
import { helpText } from "./help.ts";
import { sumAtLeast } from "./relations.ts";

const description = "A setting.";
const schema = defineConfig({
  properties: {
    SIZE: integer({ default: 3, minimum: 1, maximum: 10, description }),
    TTL: duration({ default: 90_000, description }),
    KEY: optionalSecret({ description }),
  },
  relations: [sumAtLeast("SIZE must not exceed TTL", { SIZE: -1, TTL: 1 })],
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
