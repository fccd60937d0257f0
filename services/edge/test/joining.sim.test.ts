/** Joins, writes and leaves in any order: 10,000 seeds of what one edge may live through. */

import { loadContracts } from "@rollcall/contracts";
import { seededRandom } from "@rollcall/runtime";
import { beforeAll, describe, expect, it } from "vitest";
import { JoiningWorld } from "./joining/world.ts";

const SEEDS = 10_000;
const STEPS = 40;
const BATCH = 2_500;

let contract: ConstructorParameters<typeof JoiningWorld>[0];
beforeAll(async () => {
  const loaded = await loadContracts([new URL("contract.yaml", import.meta.url).pathname]);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.mistakes));
  contract = loaded.contracts.namespaces.get("/")!;
});

async function breachesOf(seed: number): Promise<string[]> {
  const world = new JoiningWorld(contract, seededRandom(seed), ["ann", "bob", "cem"]);
  for (let i = 0; i < STEPS; i++) {
    world.step();
    await Promise.resolve();
  }
  await world.settle();
  return world.readers.flatMap(({ user, breaches }) => breaches.map((what) => `seed ${seed}, ${user}: ${what}`));
}

describe("from a join on, what is in the snapshot and what follows make the room, whatever happens when", () => {
  for (let first = 1; first <= SEEDS; first += BATCH) {
    it(`[P5] [P6] [P7] [P8] seeds ${first}-${first + BATCH - 1}`, async () => {
      for (let seed = first; seed < first + BATCH; seed++) expect(await breachesOf(seed)).toEqual([]);
    });
  }
});
