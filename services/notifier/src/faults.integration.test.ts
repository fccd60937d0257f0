import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { systemClock } from "@rollcall/runtime";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Bench, startBench } from "../test/bench.ts";
import type { Doom } from "../test/doomed.ts";
import { hookChannel, mixContracts, mixTiming } from "../test/mix.ts";
import { judge, nothingExpected, publishMix } from "../test/truth.ts";
import { faultPoints } from "./faults.ts";

const DOOMED = fileURLToPath(new URL("../test/doomed.ts", import.meta.url));
const EVENTS = 20;

/** Only a device's request passes these; it has no state of its own to lose. */
const NOT_IN_INTAKE = (point: string) => point.startsWith("store.mark:");
/** Passed once by a process, or at the end of its work: the first passing is the last. */
const FIRST = /^(lowWater|deadLetters|store\.(raise|markCurrent)|lease)/;

describe("a notifier that dies", () => {
  let bench: Bench;
  let http: Server;
  let url = "";
  const expected = nothingExpected();
  let published = 0;
  const sentTo = new Map<string, number>();

  beforeAll(async () => {
    http = createServer((request, response) => {
      const key = String(request.headers["webhook-id"]);
      sentTo.set(key, (sentTo.get(key) ?? 0) + 1);
      request.resume().on("end", () => response.writeHead(200).end());
    });
    await new Promise<void>((done) => http.listen(0, "127.0.0.1", done));
    url = `http://127.0.0.1:${(http.address() as AddressInfo).port}/`;
    bench = await startBench(mixContracts);
  });
  afterAll(async () => {
    await bench.close();
    await new Promise((done) => http.close(done));
  });

  it.each(faultPoints.filter((point) => !NOT_IN_INTAKE(point)))(
    "[D1] [D2] [D3] [D4] at %s loses, repeats and reorders nothing",
    async (point) => {
      // As after a restart of the durable Redis, so that every start passes the points of a re-read.
      await bench.redis.hdel("{rollcall:c0}:inbox-epoch", "run");
      const doom: Doom = {
        redisUrl: bench.redisServer.url,
        natsUrl: bench.natsServer.url,
        hookUrl: url,
        point,
        passing: FIRST.test(point) ? 1 : 3,
      };
      const doomed = spawn(process.execPath, [DOOMED, JSON.stringify(doom)], {
        stdio: ["ignore", "inherit", "inherit"],
      });
      const ended = once(doomed, "exit");
      await publishMix(bench, expected, published, EVENTS);
      published += EVENTS;
      const timer = systemClock.setTimer(40_000, () => doomed.kill("SIGTERM"));
      expect(await ended).toEqual([null, "SIGKILL"]);
      timer.cancel();
      const next = await bench.notifier({ timing: mixTiming, channels: hookChannel(url), inboxSize: 1_000_000 });
      const result = await judge(bench, expected, 40_000);
      expect(result).toMatchObject({ lost: [], repeated: [], reordered: [] });
      expect(Object.keys(result.states)).toEqual(["fallback"]);
      await next.stop(1_000);
    },
    90_000,
  );

  it("hands every notice over under one key, again only where an answer was lost", () => {
    expect(sentTo.size).toBe([...expected.durable.values()].flat().length);
    const repeated = [...sentTo.values()].filter((times) => times > 1);
    // A death takes at most the attempts in progress with it.
    expect(repeated.length).toBeLessThanOrEqual(faultPoints.length);
  });
});
