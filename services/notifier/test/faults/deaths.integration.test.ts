import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { processEnv, systemClock } from "@rollcall/runtime";
import { REPOSITORY } from "@rollcall/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Bench, startBench } from "../bench.ts";
import type { Doom } from "./doomed.ts";
import { forgetRun, POINTS, passingOf } from "./faults.ts";
import { type Hook, startHook } from "./hook.ts";
import { hookChannel, mixContracts, mixTiming } from "./mix.ts";
import { judge, nothingExpected, publishMix } from "./truth.ts";

const DOOMED = fileURLToPath(new URL("./doomed.ts", import.meta.url));
const EVENTS = 20;

describe("a notifier that dies", () => {
  let bench: Bench;
  let hook: Hook;
  const expected = nothingExpected();
  let published = 0;

  beforeAll(async () => {
    [bench, hook] = await Promise.all([startBench(mixContracts), startHook()]);
  });
  afterAll(async () => {
    await bench.close();
    await hook.close();
  });

  it.each(POINTS)(
    "[D1] [D2] [D3] [D4] at %s loses, repeats and reorders nothing",
    async (point) => {
      await forgetRun({ bench });
      const doom: Doom = {
        redisUrl: bench.redisServer.url,
        natsUrl: bench.natsServer.url,
        hookUrl: hook.url,
        point,
        passing: passingOf(point),
      };
      const doomed = spawn(process.execPath, [DOOMED, JSON.stringify(doom)], {
        stdio: ["ignore", "inherit", "inherit"],
        env: { ...processEnv(), NODE_COMPILE_CACHE: join(REPOSITORY, ".rollcall/compile-cache") },
      });
      const ended = once(doomed, "exit");
      await publishMix(bench, expected, published, EVENTS);
      published += EVENTS;
      const timer = systemClock.setTimer(40_000, () => doomed.kill("SIGABRT"));
      expect(await ended).toEqual([null, "SIGKILL"]);
      timer.cancel();
      const next = await bench.notifier({ ...mixTiming, channels: hookChannel(hook.url), inboxSize: 1_000_000 });
      const result = await judge(bench, expected, hook, 40_000);
      expect(result).toMatchObject({ lost: [], repeated: [], reordered: [], contradicted: [] });
      expect(Object.keys(result.states)).toEqual(["fallback"]);
      await next.stop(1_000);
    },
    90_000,
  );

  it("hands every notice over under one key, again only where an answer was lost", () => {
    expect(hook.taken.size).toBe([...expected.durable.values()].flat().length);
    const repeated = [...hook.taken.values()].filter((times) => times > 1);
    // A death takes at most the attempts in progress with it.
    expect(repeated.length).toBeLessThanOrEqual(POINTS.length);
  });
});
