/** Every fault at the true bounds, with some hundreds of clients; each writes its row into `docs/reliability.md`. */

import { execFileSync } from "node:child_process";
import { loadavg } from "node:os";
import { afterAll, beforeAll, expect, test } from "vitest";
import { REPOSITORY } from "../src/index.ts";
import { faultsOf } from "./faults/faults.ts";
import { type Unended, writeRow } from "./faults/table.ts";
import { BACK_MS, type Row, Trial } from "./faults/trial.ts";
import { World } from "./faults/world.ts";

/** The defaults of the services. */
const bounds = { graceMs: 10_000, leaseMs: 6_000, brakeMs: 30_000 };
const MEMBERS = 150;
const COMMIT = execFileSync("git", ["rev-parse", "--short", "HEAD"], { cwd: REPOSITORY, encoding: "utf8" }).trim();

let world: World;
beforeAll(async () => {
  world = await World.start({ edges: 2, members: MEMBERS, scaled: false, bounds });
});
afterAll(() => world?.stop());

const faults = faultsOf({
  awayMs: 30_000,
  fullMs: bounds.brakeMs + 30_000,
  redisAwayMs: [20_000, 60_000],
  natsAwayMs: 60_000,
  hungMs: 30_000,
  latencyMs: 500,
  jumpMs: 60_000,
});

const names = faults.map(({ name }) => name);
const note = (row: Row | Unended) => {
  writeRow(row, COMMIT, names);
  console.log(`load ${loadavg()[0]!.toFixed(1)}: ${JSON.stringify(row)}`);
};

/** Each is done whatever became of the one before. */
test.each(faults)("$shows $name", async (fault) => {
  const row = await Trial.run(world, fault, true).catch((error: unknown) => {
    note({ fault: fault.name, why: String(error) });
    throw error;
  });
  note(row);
  const { falses, repeats, unseen, ghosts, missing, wrong, surprises } = row;
  expect([falses, repeats, unseen, ghosts, missing, wrong, surprises].flat()).toEqual([]);
  expect(row.departuresMs).toBeLessThanOrEqual(row.departuresBoundMs);
  expect(row.backMs).toBeLessThanOrEqual(BACK_MS);
});
