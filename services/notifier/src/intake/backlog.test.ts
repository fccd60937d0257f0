import type { JetStreamManager } from "@nats-io/jetstream";
import { createLogger, createMetrics, ManualClock } from "@rollcall/runtime";
import { expect, test } from "vitest";
import { watchBacklog } from "./backlog.ts";

test("what is not delivered and what is not acknowledged of each source; an unknown one keeps its last", async () => {
  const clock = new ManualClock();
  const metrics = createMetrics();
  const pending = new Map([
    ["a", [7, 2]],
    ["b", [0, 0]],
  ]);
  const info = async (_stream: string, durable: string) => {
    const [num_pending, num_ack_pending] = pending.get(durable) ?? [];
    if (num_pending === undefined) throw new Error("no such consumer");
    return { num_pending, num_ack_pending };
  };
  const watching = watchBacklog({
    sources: [
      { stream: "A", durable: "a" },
      { stream: "B", durable: "b" },
    ],
    jsm: { consumers: { info } } as unknown as JetStreamManager,
    isUp: () => true,
    clock,
    logger: createLogger({ service: "test", instance: "test", level: "silent" }),
    metrics,
  });
  const shown = async () =>
    (await metrics.render()).match(/^rollcall_notifier_backlog{.*$/gm)?.map((line) => line.replace(/^.*source=/, ""));

  await clock.advance(5_000);
  expect(await shown()).toEqual(['"a"} 9', '"b"} 0']);
  pending.delete("a");
  pending.set("b", [3, 0]);
  await clock.advance(5_000);
  expect(await shown()).toEqual(['"a"} 9', '"b"} 3']);
  watching.cancel();
  expect(clock.pending).toBe(0);
});
