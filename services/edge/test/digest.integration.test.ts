import { connect, type NatsConnection } from "@nats-io/transport-node";
import { type RosterDiff, subjectsOf } from "@rollcall/contracts";
import type { LaneRequest } from "@rollcall/contracts/internal";
import { waitFor } from "@rollcall/testkit";
import { afterAll, beforeAll, expect, it } from "vitest";
import { CALM, startWorld, type World } from "./harness.ts";

let world: World;
let spy: NatsConnection;
/** The operations that went down the lane, in order. */
const told: { edge: string; op: string }[] = [];

beforeAll(async () => {
  world = await startWorld({ edges: 1, env: { ...CALM, DIGEST_MS: "200" } });
  spy = await connect({ servers: world.nats.url });
  spy.subscribe(subjectsOf(world.install).presenceDoor("c0", "lane"), {
    callback(_error, message) {
      const { edge, ops } = message.json<LaneRequest>();
      told.push(...ops.map(({ op }) => ({ edge, op })));
    },
  });
  await spy.flush();
});
afterAll(async () => {
  await spy.close();
  await world[Symbol.asyncDispose]();
});

/** The digest under way is older than what was done; the one behind it was answered when a third is sent. */
async function threeDigests(): Promise<string[]> {
  const from = told.length;
  const since = () => told.slice(from).map(({ op }) => op);
  await waitFor(() => since().filter((op) => op === "digest").length >= 3, { what: () => since().join(" ") });
  return since();
}

it("[P9] edge and presence hold the same after each way into and out of a room: nothing is asserted", async () => {
  const ann = await world.user(0, "ann");
  for (const room of ["doc:1", "doc:2", "doc:3"]) await ann.call("room:join", { room });
  await ann.call("room:leave", { room: "doc:1" });
  expect(await threeDigests()).not.toContain("assert");
  await ann.call("room:join", { room: "doc:2", observe: true });
  await ann.call("room:leave", { room: "doc:2" });
  expect(await threeDigests()).not.toContain("assert");
  expect(ann.eventsOf("room:resync")).toEqual([]);
  await ann.close();
  expect(await threeDigests()).not.toContain("assert");
});

it("[P9] what presence has counted wrong of an edge is not repaired for ever: it takes another id, and nobody is shown to go", async () => {
  const [ann, bob] = [await world.user(0, "ann"), await world.user(0, "bob")];
  for (const one of [ann, bob]) await one.call("room:join", { room: "doc:4" });
  const before = told.at(-1)!.edge;
  const redis = world.redis.connect();
  await redis.hincrby(`{${world.install}:c0}:edge:${before}`, "c", 1);
  redis.disconnect();
  await waitFor(() => told.at(-1)!.edge !== before && told.at(-1)!.op === "assert", { what: "another life" });
  const last = told.at(-1)!.edge;
  expect(await threeDigests()).not.toContain("assert");
  expect(told.at(-1)!.edge).toBe(last);
  expect(ann.eventsOf("room:roster").flatMap(({ payload }) => (payload as RosterDiff).left ?? [])).toEqual([]);
  await ann.call("room:leave", { room: "doc:4" });
  await waitFor(() => bob.eventsOf("room:roster").some(({ payload }) => (payload as RosterDiff).left?.includes("ann")));
});
