/** The scripts and their twin, the pure core, are the same machine: the long run. */

import { test } from "vitest";
import { agreement } from "./agreement.ts";

const SEEDS = Array.from({ length: 1_000 }, (_, i) => 1_001 + i);
const STEPS = 120;

const agree = agreement();

test.each(SEEDS)("[P11][P8] seed %i: twin and scripts agree on every result, message and read", (seed) =>
  agree.of(seed, STEPS),
);
