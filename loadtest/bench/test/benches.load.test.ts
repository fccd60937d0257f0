/** One bench of each way to measure, small: CPU of a server under its clients, bytes of Redis, the lane. */

import { describe, test } from "vitest";
import { benchesOf } from "../src/benches/index.ts";
import { runSmall } from "./smoke.ts";

describe.concurrent("small, every measure is taken", () => {
  test.each(benchesOf(["B1", "B4", "B5"]) ?? [])("$id: $title", runSmall);
});
