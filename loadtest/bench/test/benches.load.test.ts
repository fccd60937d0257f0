/** One bench of each way to measure, small: CPU of a server, bytes of Redis, the lane, latencies, a storm. */

import { describe, test } from "vitest";
import { benchesOf } from "../src/benches/index.ts";
import { runSmall } from "./smoke.ts";

describe.concurrent("small, every measure is taken", () => {
  test.each(benchesOf(["B1", "B4", "B5", "B6", "B8"]) ?? [])("$id: $title", runSmall);
});
