/** collector.yaml against the schemas of its components: `./rollcall test deploy collector`; Go fetches them. */

import { deepEqual } from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "vitest";
import { parse } from "yaml";
import { mistakesIn } from "./schema.ts";

type Config = Record<string, Record<string, unknown>>;
const text = readFileSync(join(import.meta.dirname, "collector.yaml"), "utf8");
const config = parse(text) as Config;

test("every setting exists, with the right type", () => {
  deepEqual(mistakesIn(config), []);
});

test("a misspelt setting and a wrong type are found, however deep", () => {
  const wrong = text
    .replace("threshold_ms: 1000", "treshold_ms: 1000")
    .replace("num_traces: 50000", "num_traces: many");
  deepEqual(mistakesIn(parse(wrong) as Config), [
    "processors.tail_sampling.num_traces: string, wanted is integer",
    "processors.tail_sampling.policies[2].latency.treshold_ms: no such setting",
  ]);
});
