/** The contract of every store: brake and clock. Rules are those of `src/core/SPEC.md`. */

import { describe, expect, test } from "vitest";
import { BOUNDS } from "../worlds.ts";
import { contractHarness, type MakeWorld } from "./harness.ts";

export function brakeContract(name: string, make: MakeWorld): void {
  const h = contractHarness(make);
  const { at, hello, apply, enter, sweepOnce, pass, kinds, members } = h;

  describe(`${name}: brake and clock`, () => {
    test("[W2][W3][P15] two of three edges at once: nothing is evicted until the brake ends, and it ends", async () => {
      await hello("e1", "e2", "e3");
      await enter("e1", "ann", "a");
      const held = await pass(BOUNDS.leaseMs + 20_000, ["e3"]);
      expect(held).toMatchObject({ brake: true });
      expect(await members("a")).toEqual([["ann", 1]]);
      const released = await pass(BOUNDS.brakeMs, ["e3"]);
      expect(released.brake).toBe(false);
      expect(await members("a")).toEqual([]);
      expect((await kinds()).filter((kind) => kind === "offline")).toHaveLength(1);
    });

    test("[W4] it ends early when every edge has renewed", async () => {
      await hello("e1", "e2", "e3");
      await pass(BOUNDS.leaseMs + 250);
      expect(await sweepOnce()).toMatchObject({ brake: true });
      await pass(500, ["e1", "e2"]);
      expect(await sweepOnce()).toMatchObject({ brake: true });
      expect(await pass(500, ["e1", "e2", "e3"])).toMatchObject({ brake: false, fenced: 0 });
    });

    test("[W3] one edge of many, or the only one, is no reason to hold", async () => {
      await hello("e1");
      await enter("e1", "ann", "a");
      await pass(BOUNDS.leaseMs + BOUNDS.graceMs + 500);
      expect(await members("a")).toEqual([]);
    });

    test("[W2][W3][O2][O3] an observer that was cut off holds evictions for a lease; sick time does not count", async () => {
      await hello("e1", "e2");
      const ann = await enter("e1", "ann", "a");
      await apply("e1", { op: "close", ...ann, how: "lost" });
      expect(await pass(40_000, [], { well: false, brake: "outage" })).toMatchObject({ brake: true });
      expect(await members("a")).toEqual([["ann", 1]]);
      expect(await pass(BOUNDS.leaseMs - 500, ["e1", "e2"])).toMatchObject({ brake: true });
      expect(await pass(1_000, ["e1", "e2"])).toMatchObject({ brake: false });
      expect(await members("a")).toEqual([["ann", 1]]);
      await pass(BOUNDS.graceMs, ["e1", "e2"]);
      expect(await members("a")).toEqual([]);
    });

    test("[C1][P12] a clock that jumps forward or back, or a store nobody asks, ends nothing", async () => {
      await hello("e1");
      const ann = await enter("e1", "ann", "a");
      await apply("e1", { op: "close", ...ann, how: "lost" });
      for (const jump of [60_000, -60_000, 24 * 3_600_000, 30_000, -24 * 3_600_000]) {
        await at(jump);
        await h.world.store.lease("e1");
        await sweepOnce();
      }
      expect(await members("a")).toEqual([["ann", 1]]);
      await pass(BOUNDS.graceMs, ["e1"]);
      expect(await members("a")).toEqual([]);
    });
  });
}
