/** Faults, one after the other, in one cluster under traffic: what anybody saw, compared with what was so. */

import { afterAll, beforeAll, expect, test } from "vitest";
import { SCALED_BOUNDS, waitFor } from "../src/index.ts";
import { faultsOf } from "./faults/faults.ts";
import { leftovers } from "./faults/leftovers.ts";
import { Trial } from "./faults/trial.ts";
import { World } from "./faults/world.ts";

const bounds = { graceMs: 2_000, leaseMs: Number(SCALED_BOUNDS.LEASE_MS), brakeMs: Number(SCALED_BOUNDS.BRAKE_MS) };
const OUTAGE_MS = bounds.leaseMs + bounds.graceMs;

let world: World;
beforeAll(async () => {
  // Clients of a hung edge notice it long before it is evicted: what is tested is the rule, not the machine's haste.
  const env = { GRACE_MS: String(bounds.graceMs), PING_INTERVAL_MS: "800", PING_TIMEOUT_MS: "800" };
  world = await World.start({ edges: 2, members: 12, scaled: true, bounds, env });
});
afterAll(() => world?.stop());

const faults = faultsOf({
  awayMs: OUTAGE_MS,
  fullMs: bounds.brakeMs + OUTAGE_MS,
  natsAwayMs: OUTAGE_MS,
  redisAwayMs: [OUTAGE_MS],
  hungMs: 0,
  latencyMs: 120,
  jumpMs: 60_000,
}).filter(({ campaignOnly }) => campaignOnly !== true);

test.each(faults)("$shows $name", async (fault) => {
  const { falses, repeats, unseen, ghosts, missing, wrong, surprises } = await Trial.run(world, fault);
  expect({ falses, repeats, unseen, ghosts, missing, wrong, surprises }).toEqual({
    falses: [],
    repeats: [],
    unseen: [],
    ghosts: [],
    missing: [],
    wrong: [],
    surprises: [],
  });
});

test("[P16] everybody gone and every bound over, nothing of them is left in Redis or in a process", async () => {
  world.empty();
  let left: string[] = [];
  await waitFor(
    async () => {
      left = await leftovers(world, world.idle);
      return left.length === 0;
    },
    { timeoutMs: 60_000, everyMs: 250, what: () => `nothing to be left: ${left.join(", ")}` },
  );
});
