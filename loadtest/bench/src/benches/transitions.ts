/** Joins and leaves through the lane, as fast as presence takes them or at a given rate: for B5 and B12. */

import { keysOf } from "@rollcall/fanout";
import { systemClock } from "@rollcall/runtime";
import { waitFor } from "@rollcall/testkit";
import { quantile } from "../harness/stats.ts";
import { cpuUs, redisUsage } from "../harness/usage.ts";
import { type DrivenOp, LaneDriver, MAX_BATCH } from "../servers/lane-driver.ts";
import type { World } from "../servers/world.ts";

export const ROOM_SIZE = 50;
/** How long an edge gathers operations. */
const TICK_MS = 5;
/** What was taken faster than backends are told takes its time. */
const TOLD_MS = 60_000;

export interface Crowd {
  drivers: LaneDriver[];
  world: World;
}

/** Sessions on several edges, each a member of nothing yet. */
export async function gather(
  world: World,
  stack: AsyncDisposableStack,
  edges: number,
  sessionsPerEdge: number,
): Promise<Crowd> {
  const { cluster, nats } = world;
  const nc = await nats!.connect();
  stack.defer(() => nc.close());
  const drivers: LaneDriver[] = [];
  for (let i = 0; i < edges; i++) {
    const driver = stack.use(await LaneDriver.start(nc, cluster!.install, `driven-${i}`));
    await driver.open(sessionsPerEdge);
    drivers.push(driver);
  }
  return { drivers, world };
}

export interface Cost {
  perSecond: number;
  presenceUs: number;
  redisUs: number;
  natsUs: number;
  p99Ms: number;
}

/**
 * Each edge lets its sessions join rooms of `ROOM_SIZE` and leave them again, one batch in flight. `perSecond` of all
 * edges together; without it as fast as it goes. The time of an operation counts from when it was due; the rate and the
 * costs count until the backends' stream has every transition.
 */
export async function churn({ drivers, world }: Crowd, durationMs: number, perSecond = Infinity): Promise<Cost> {
  const presence = world.cluster!.presence.map(({ pid }) => pid);
  const usage = async () => ({
    presenceUs: presence.reduce((sum, pid) => sum + cpuUs(pid), 0),
    natsUs: cpuUs(world.nats!.pid),
    redisUs: (await redisUsage(world.redis)).cpuUs,
    atMs: systemClock.monotonic(),
  });
  const before = await usage();
  const endMs = before.atMs + durationMs;
  const delaysMs: number[] = [];
  const counts = await Promise.all(
    drivers.map((driver) => churnOne(driver, endMs, perSecond / drivers.length, delaysMs)),
  );
  const outbox = keysOf(world.cluster!.install, "c0").outbox();
  await waitFor(async () => (await world.redis.xlen(outbox)) === 0, { timeoutMs: TOLD_MS, everyMs: 10 });
  const after = await usage();
  const count = counts.reduce((sum, one) => sum + one, 0);
  return {
    perSecond: (count * 1_000) / (after.atMs - before.atMs),
    presenceUs: (after.presenceUs - before.presenceUs) / count,
    redisUs: (after.redisUs - before.redisUs) / count,
    natsUs: (after.natsUs - before.natsUs) / count,
    p99Ms: quantile(delaysMs, 0.99),
  };
}

async function churnOne(driver: LaneDriver, endMs: number, perSecond: number, delaysMs: number[]): Promise<number> {
  const startMs = systemClock.monotonic();
  const { sessions } = driver;
  let done = 0;
  /** Everyone joins, then everyone leaves, and so on; ends with everybody out. */
  const operation = (index: number): DrivenOp => {
    const at = index % sessions.length;
    const room = `bench:${sessions[0]!.ref.user}-${Math.floor(at / ROOM_SIZE)}`;
    const leaves = Math.floor(index / sessions.length) % 2 === 1;
    return leaves ? driver.leave(sessions[at]!, room) : driver.join(sessions[at]!, room);
  };
  for (;;) {
    const nowMs = systemClock.monotonic();
    if (nowMs >= endMs && done % (2 * sessions.length) === 0) return done;
    const due = Math.floor(((nowMs - startMs) / 1_000) * perSecond) - done;
    // No batch holds a session's join and its leave.
    const size = Math.min(MAX_BATCH, due, sessions.length - (done % sessions.length));
    if (size < 1) {
      await systemClock.sleep(TICK_MS);
      continue;
    }
    const ops = Array.from({ length: size }, (_, i) => operation(done + i));
    await driver.lane(ops);
    const answeredMs = systemClock.monotonic();
    for (let i = 0; i < size; i++) {
      const dueMs = perSecond === Infinity ? nowMs : startMs + ((done + i + 1) / perSecond) * 1_000;
      delaysMs.push(answeredMs - dueMs);
    }
    done += size;
    if (perSecond !== Infinity) await systemClock.sleep(TICK_MS);
  }
}
