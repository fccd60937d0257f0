import { once } from "node:events";
import { loadavg } from "node:os";
import { Worker } from "node:worker_threads";
import { systemClock } from "@rollcall/runtime";
import type { TestClient } from "@rollcall/testkit";
import { expect, it } from "vitest";
import type { AttackOrder } from "./hostile-attack.ts";
import { startLoneEdge } from "./lone-edge.ts";

const ROUNDS = 5;
const ROUND_MS = 12_000;
const PAIRS = 20;
const TALK_EVERY_MS = 50;
const ATTACKS_PER_SECOND = 50;
/** X1, with the middle round of each kind: a single one may be this machine's. */
const MOST = 2;

const quantile = (sorted: readonly number[], q: number) => sorted[Math.floor((sorted.length - 1) * q)]!;
const middle = (numbers: readonly number[]) =>
  quantile(
    numbers.toSorted((a, b) => a - b),
    0.5,
  );

it(`[X1] of ${ATTACKS_PER_SECOND} bad inputs a second well-behaved clients notice less than ${MOST} times their usual p99`, async () => {
  await using cluster = await startLoneEdge({
    ORIGINS: "http://localhost:*",
    VIOLATIONS_BURST: "1000000",
    LOG_LEVEL: "error",
  });
  const pairs = await Promise.all(
    Array.from({ length: PAIRS }, async (_, i) => {
      const [from, to] = [await cluster.client(0, { user: `a${i}` }), await cluster.client(0, { user: `b${i}` })];
      for (const one of [from, to]) await one.call("room:join", { room: `doc:${i}` });
      return { from, to, room: `doc:${i}` };
    }),
  );
  let latencies: number[] = [];
  for (const { to } of pairs) {
    to.socket.on("cursor:moved", ({ x }: { x: number }) => latencies.push(systemClock.monotonic() - x));
  }
  const order: AttackOrder = {
    port: Number(new URL(cluster.edges[0]!.url).port),
    token: await cluster.keys.token({ user: "eve" }),
    perSecond: ATTACKS_PER_SECOND,
  };
  const attacker = new Worker(new URL("hostile-attack.ts", import.meta.url), { workerData: order });
  const round = async () => {
    latencies = [];
    const untilMs = systemClock.monotonic() + ROUND_MS;
    while (systemClock.monotonic() < untilMs) {
      for (const { from, room } of pairs) {
        from.socket.emit("cursor:moved", { room, data: { x: systemClock.monotonic(), y: 0 } });
      }
      await systemClock.sleep(TALK_EVERY_MS);
    }
    const sorted = latencies.toSorted((a, b) => a - b);
    return { p50: quantile(sorted, 0.5), p99: quantile(sorted, 0.99) };
  };
  const quiet: Awaited<ReturnType<typeof round>>[] = [];
  const hostile: typeof quiet = [];
  let attacks = 0;
  await round(); // warms up
  for (let i = 0; i < ROUNDS; i++) {
    quiet.push(await round());
    attacker.postMessage("on");
    hostile.push(await round());
    const told = once(attacker, "message");
    attacker.postMessage("off");
    [attacks] = (await told) as [number];
  }
  await attacker.terminate();

  const p99 = (rounds: typeof quiet) => middle(rounds.map((one) => one.p99));
  const p50 = (rounds: typeof quiet) => middle(rounds.map((one) => one.p50));
  const ratio = p99(hostile) / p99(quiet);
  const figures = {
    attacks,
    quiet: { p50: p50(quiet), p99: p99(quiet) },
    hostile: { p50: p50(hostile), p99: p99(hostile) },
    ratio,
    load: loadavg()[0]!,
  };
  console.log(
    JSON.stringify(figures, (_, value: unknown) => (typeof value === "number" ? Number(value.toFixed(2)) : value)),
  );
  const everyone: TestClient[] = pairs.flatMap(({ from, to }) => [from, to]);
  expect(everyone.flatMap(({ disconnects }) => disconnects)).toEqual([]);
  expect(cluster.edges[0]!.running()).toBe(true);
  expect(cluster.edges[0]!.logs().filter(({ level }) => level === "error" || level === "fatal")).toEqual([]);
  expect(attacks).toBeGreaterThan((ROUNDS * ROUND_MS * ATTACKS_PER_SECOND) / 1_000 / 10);
  expect(ratio).toBeLessThanOrEqual(MOST);
});
