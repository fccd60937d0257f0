/** Messages to a room from outside, the way a backend would send them to each contender. */

import { roomTarget } from "@rollcall/contracts";
import { encodeEntry, keysOf } from "@rollcall/fanout";
import { systemClock } from "@rollcall/runtime";
import { monotonicMs } from "../fleet/monotonic.ts";
import { BASELINE_STREAM } from "../servers/baseline-process.ts";
import type { World } from "../servers/world.ts";

/** About 200 bytes a message with what surrounds it. */
export const TEXT = "x".repeat(100);
const MAX_LEN = 10_000;

/** Shared by all that send to the same clients, which expect every number once. */
export interface Numbers {
  next: number;
}

export interface EmitOptions {
  numbers?: Numbers;
  /** Of Rollcall: does message `n` belong to a sampled trace? */
  sampled?(n: number): boolean;
}

/** Gives a function that emits `size` messages at once, numbered and stamped for the fleet. */
export function emitterOf(world: World, room: string, options: EmitOptions = {}): (size: number) => Promise<void> {
  const { numbers = { next: 0 }, sampled = () => false } = options;
  if (world.contender === "centrifuge") {
    return async (size) => {
      const query = `channel=${room}&count=${size}&first=${numbers.next}&at=${monotonicMs().toFixed(3)}`;
      numbers.next += size;
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
      const n = numbers.next++;
      const data = { n, at: Number(monotonicMs().toFixed(3)), text: TEXT };
      const mid = `m${n}`;
      const fields = encodeEntry({
        tenant: "main",
        namespace: "/",
        targets: [target],
        event: "chat:said",
        packetJson: JSON.stringify(["chat:said", data, { id: mid, ts }]),
        mid,
        ...(sampled(n) ? { traceparent: traceparentOf(n) } : {}),
      });
      pipeline.xadd(key, "MAXLEN", "~", MAX_LEN, "*", ...fields);
    }
    await pipeline.exec();
  };
}

/** A trace of its own for each message. */
const traceparentOf = (n: number): string =>
  `00-${(n + 1).toString(16).padStart(32, "0")}-${(n + 1).toString(16).padStart(16, "0")}-01`;
