/** Messages to a room from outside, the way a backend would send them to each contender. */

import { roomTarget } from "@rollcall/contracts";
import { encodeEntry, keysOf } from "@rollcall/fanout";
import { systemClock } from "@rollcall/runtime";
import { monotonicMs } from "../fleet/monotonic.ts";
import { BASELINE_STREAM } from "../servers/baseline-process.ts";
import type { World } from "../servers/world.ts";

/** About 200 bytes a message with what surrounds it. */
const TEXT = "x".repeat(100);
const MAX_LEN = 10_000;

/** Gives a function that emits `size` messages at once, numbered and stamped for the fleet. */
export function emitterOf(world: World, room: string): (size: number) => Promise<void> {
  let number = 0;
  if (world.contender === "centrifuge") {
    return async (size) => {
      const query = `channel=${room}&count=${size}&first=${number}&at=${monotonicMs().toFixed(3)}`;
      number += size;
      await fetch(`${world.baselines[0]!.internalUrl}/publish?${query}`, { method: "POST" });
    };
  }
  const { cluster, redis } = world;
  const key = cluster === undefined ? BASELINE_STREAM : keysOf(cluster.install, "c0").log(0);
  const target = cluster === undefined ? room : roomTarget("main", room);
  return async (size) => {
    const pipeline = redis.pipeline();
    const ts = new Date(systemClock.now()).toISOString();
    for (let i = 0; i < size; i++) {
      const data = { n: number, at: Number(monotonicMs().toFixed(3)), text: TEXT };
      const mid = `m${number++}`;
      const fields = encodeEntry({
        tenant: "main",
        namespace: "/",
        targets: [target],
        event: "chat:said",
        packetJson: JSON.stringify(["chat:said", data, { id: mid, ts }]),
        mid,
      });
      pipeline.xadd(key, "MAXLEN", "~", MAX_LEN, "*", ...fields);
    }
    await pipeline.exec();
  };
}
