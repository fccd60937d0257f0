import { createLogger, ManualClock } from "@rollcall/runtime";
import { expect, test } from "vitest";
import type { SweepReport } from "../store.ts";
import { startSweeper } from "./sweeper.ts";

const logger = createLogger({ service: "rollcall-presence", instance: "t", level: "silent" });
const NOTHING: SweepReport = {
  epoch: "1",
  brake: false,
  more: false,
  fenced: 0,
  lost: 0,
  ended: 0,
  told: 0,
  edges: 0,
  traced: [],
};

function sweeperOf(answer: () => Promise<SweepReport>) {
  const clock = new ManualClock();
  const world = { redisUp: true, natsUp: true, loopDelayMs: 0, asked: [] as unknown[], probes: 0 };
  const sweeper = startSweeper({
    store: {
      sweep(observer) {
        world.asked.push(observer);
        return answer();
      },
      async position() {
        world.probes++;
        return "0-0";
      },
    },
    clock,
    logger,
    sweepMs: 250,
    leaseMs: 6_000,
    redisUp: () => world.redisUp,
    natsUp: () => world.natsUp,
    loopDelayMs: () => world.loopDelayMs,
    swept: () => {},
  });
  return { clock, world, sweeper };
}

test("[P14] it asks every round, again while there is more, and goes on after a failure", async () => {
  let calls = 0;
  const { clock, world, sweeper } = sweeperOf(async () => {
    calls++;
    if (calls === 4) throw new Error("lost");
    return { ...NOTHING, more: calls < 3 };
  });
  await clock.advance(250);
  expect(world.asked).toHaveLength(3);
  await clock.advance(500);
  expect(world.asked).toHaveLength(5);
  await sweeper.close();
  await clock.advance(1_000);
  expect(world.asked).toHaveLength(5);
  expect(clock.pending).toBe(0);
});

test("a round without end is cut, and rounds do not overlap", async () => {
  const { clock, world, sweeper } = sweeperOf(async () => ({ ...NOTHING, more: true }));
  await clock.advance(250);
  expect(world.asked).toHaveLength(40);
  await sweeper.close();
});

test("[O1][O2] sick: no sweep, one cheap question; after an outage: with the brake", async () => {
  const { clock, world, sweeper } = sweeperOf(async () => NOTHING);
  world.loopDelayMs = 2_000;
  await clock.advance(250);
  expect([world.asked.length, world.probes]).toEqual([0, 1]);
  Object.assign(world, { loopDelayMs: 0, redisUp: false });
  await clock.advance(250);
  expect([world.asked.length, world.probes]).toEqual([0, 1]);
  world.redisUp = true;
  await clock.advance(250);
  expect(world.asked).toEqual([{ kind: "sweep", well: true, brake: "outage" }]);
  await sweeper.close();
});
