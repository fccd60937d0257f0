/** The scripts and their twin, the pure core, are the same machine. */

import { test } from "vitest";
import { agreement } from "./agreement.ts";

/** Seeds that once found a difference, then a range. */
const KEPT: number[] = [];
const SEEDS = [...KEPT, ...Array.from({ length: 8 }, (_, i) => i + 1)];
const STEPS = 60;

const agree = agreement();

test.each(SEEDS)("[P11][P8] seed %i: twin and scripts agree on every result, message and read", (seed) =>
  agree.of(seed, STEPS),
);
