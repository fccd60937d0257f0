import { type Placement, v1Placement } from "@rollcall/fanout";
import { waitFor } from "@rollcall/testkit";
import { expect, it } from "vitest";
import { startWorld } from "./harness.ts";

/** What goes to chats has a log of its own beside everything else's. */
const twoPartitions: Placement = {
  ...v1Placement,
  partitionOf: (_cell, _namespace, target) => (target.includes("chat") ? 1 : 0),
};

it("two partitions of one cell: callers do not care, each log keeps its order, and poison in one does not stop the other", async () => {
  await using world = await startWorld({ edges: 0 });
  const more = { placement: twoPartitions, layout: { cells: ["c0"], partitions: 2 } };
  await world.addEdge({}, more);
  await world.addEdge({}, more);
  const [ann, bob] = [await world.user(0, "ann"), await world.user(1, "bob")];
  for (const one of [ann, bob]) for (const room of ["doc:1", "chat:1"]) await one.call("room:join", { room });
  const redis = world.redis.connect();
  const log = (partition: number) => `{${world.install}:c0}:log:${partition}`;
  await redis.xadd(log(1), "*", "uid", "x", "nsp", "/", "type", "3");

  const count = 20;
  for (let i = 0; i < count; i++) {
    await ann.call("cursor:moved", { room: "doc:1", data: { x: 0, y: i } });
    await ann.call("chat:typing", { room: "chat:1", data: { i } }).catch(() => undefined); // beyond its rate
  }
  await waitFor(() => bob.eventsOf("cursor:moved").length === count, { timeoutMs: 20_000 });
  await waitFor(() => bob.eventsOf("chat:typing").length >= 5, { timeoutMs: 20_000 });
  const heard = (name: string, key: string) =>
    bob.eventsOf(name).map(({ payload }) => (payload as Record<string, number>)[key]!);
  expect(heard("cursor:moved", "y")).toEqual(Array.from({ length: count }, (_, i) => i));
  expect(heard("chat:typing", "i")).toEqual(heard("chat:typing", "i").toSorted((a, b) => a - b));
  const names = async (partition: number) => JSON.stringify(await redis.xrange(log(partition), "-", "+"));
  expect(await names(1)).toContain("chat:typing");
  expect(await names(1)).not.toContain("cursor:moved");
  expect(await names(0)).not.toContain("chat:typing");
  expect(await world.edges[1]!.metrics.render()).toMatch(/rollcall_fanout_poison_total\S* 1/);
  redis.disconnect();
});
