/**
 * What tracing costs where a trace is not sampled: what each delivery asks, and a span that is made, named to whoever
 * comes next, and ended, which each message of a client or backend has once; beside one that is recorded.
 *
 *     node packages/runtime/bench/span.ts
 *
 * Processor time of the thread, the least of nine rounds; recorded spans go to an exporter that takes and forgets them.
 */

import { isSampled, startSpan } from "@rollcall/telemetry";
import { startTelemetry } from "@rollcall/telemetry/tracing";
import { systemClock } from "../src/clock.ts";

const ROUNDS = 9;
/** Fewer than the queue of spans holds: none is dropped. */
const RUNS = 8_000;
const UNSAMPLED = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00";
const SAMPLED = `${UNSAMPLED.slice(0, -1)}1`;
/** A log in which one of a hundred traces is sampled. */
const LOG = Array.from({ length: 100 }, (_, i) => (i === 50 ? SAMPLED : UNSAMPLED));

/** What is computed is also used: nothing may be optimised away. */
let used = 0;

function span(parent: string): void {
  const made = startSpan("request", "a:b", { parent, kind: "server" });
  used += made.traceparent.length;
  made.end();
}

async function microseconds(work: (i: number) => void, runs = RUNS): Promise<number> {
  const rounds: number[] = [];
  for (let round = 0; round <= ROUNDS; round++) {
    const from = process.threadCpuUsage();
    for (let i = 0; i < runs; i++) work(i);
    const { user, system } = process.threadCpuUsage(from);
    if (round > 0) rounds.push((user + system) / runs);
    await systemClock.sleep(1); // the exporter's turn
  }
  return Math.min(...rounds);
}

const telemetry = startTelemetry({
  service: "rollcall-edge",
  instance: "bench",
  ratio: 0.01,
  clock: systemClock,
  exporter: { export: (_spans, done) => done({ code: 0 }), shutdown: async () => {} },
});
const rows = {
  "a delivery, not sampled": await microseconds((i) => void (used += isSampled(LOG[i % 100]!) ? 1 : 0), 1_000_000),
  "a span, not sampled": await microseconds(() => span(UNSAMPLED)),
  "a span, recorded": await microseconds(() => span(SAMPLED)),
};
await telemetry.shutdown();
for (const [what, us] of Object.entries(rows)) console.log(`${what.padEnd(24)} ${us.toFixed(4)} us`);
console.log(`node ${process.version}, ${used > 0 ? "all used" : "nothing done"}`);
