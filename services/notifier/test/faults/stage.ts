/** A fault run on real processes: events are published while something is done to the system, then all is judged. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { processEnv, systemClock } from "@rollcall/runtime";
import { REPOSITORY, waitFor } from "@rollcall/testkit";
import { type Bench, startBench } from "../bench.ts";
import { type Hook, startHook } from "../hook.ts";
import type { Doom } from "./doomed.ts";
import { mixContracts } from "./mix.ts";
import { makeRedisClock } from "./redis-clock.ts";
import { type Expected, judge, mixed, nothingExpected, publishMix, type Result } from "./truth.ts";

const NOTIFIER = fileURLToPath(new URL("./doomed.ts", import.meta.url));
const CLOCK_OFFSET = join(REPOSITORY, "packages/testkit/test/faults/clock-offset.ts");

export interface Stage {
  bench: Bench;
  hook: Hook;
  events: number;
  /** Starts one more notifier process. */
  notifier(doom?: Partial<Doom>, clockOffsetMs?: number): ChildProcess;
  /** Ends one: SIGKILL, or SIGTERM for an orderly stop. Resolves when it is gone. */
  end(notifier: ChildProcess, signal: "SIGKILL" | "SIGTERM"): Promise<void>;
  running(): ChildProcess[];
  pause(ms: number): Promise<void>;
  /** Publishes the next `count`. */
  publish(count: number): Promise<void>;
  /** Publishes all that are left, no faster than they are taken. */
  publishAlong(): Promise<void>;
  /** Everything is published, and nothing of it waits in the stream. */
  isTaken(): Promise<boolean>;
  /** Publishes all of them again; `msgId`: what the stream knows them by. */
  publishAgain(msgId: (id: string) => string): Promise<void>;
  /** How far Redis' wall clock is off from now on; of a fault with `redisClock`. */
  setRedisClock(offsetMs: number): void;
  expected: Expected;
}

export interface Fault {
  name: string;
  /** Which file of the campaign has it. */
  part: "deaths" | "processes" | "stores" | "channel" | "publishers" | "recipients";
  /** Done while the events are published; whatever it broke is whole again when it ends. */
  inject(stage: Stage): Promise<void>;
  /** It publishes the events itself. */
  publishes?: true;
  /** It moves Redis' clock, which needs a C compiler: not in every test run. */
  redisClock?: true;
}

/** Events are published in so many parts, so that there are some before, during and after the fault. */
const PARTS = 20;

export async function runFault(fault: Fault, events: number, timeoutMs: number): Promise<Result> {
  const redisClock = fault.redisClock ? makeRedisClock() : undefined;
  const [bench, hook] = await Promise.all([startBench(mixContracts, { redisEnv: redisClock?.env }), startHook()]);
  const notifiers = new Set<ChildProcess>();
  const expected = nothingExpected();
  let published = 0;

  const stage: Stage = {
    bench,
    hook,
    events,
    expected,
    notifier(doom = {}, clockOffsetMs = 0) {
      const all: Doom = {
        redisUrl: bench.redisServer.url,
        natsUrl: bench.natsServer.url,
        hookUrl: hook.url,
        ...doom,
      };
      const preload = clockOffsetMs === 0 ? [] : ["--import", CLOCK_OFFSET];
      const child = spawn(process.execPath, [...preload, NOTIFIER, JSON.stringify(all)], {
        stdio: ["ignore", "inherit", "inherit", "ipc"],
        env: {
          ...processEnv(),
          NODE_COMPILE_CACHE: join(REPOSITORY, ".rollcall/compile-cache"),
          CLOCK_OFFSET_MS: String(clockOffsetMs),
        },
      });
      notifiers.add(child);
      child.once("exit", () => notifiers.delete(child));
      return child;
    },
    async end(notifier, signal) {
      if (notifier.exitCode !== null || notifier.signalCode !== null) return;
      const ended = once(notifier, "exit");
      notifier.kill(signal);
      await ended;
    },
    running: () => [...notifiers],
    pause: (ms) => systemClock.sleep(ms),
    async publish(count) {
      await publishMix(bench, expected, published, count);
      published += count;
    },
    /** Little waits at a time, so that the fault meets events under way however many there are. */
    async publishAlong() {
      while (published < events) {
        await stage.publish(Math.min(Math.ceil(events / PARTS), events - published));
        const isShort = async () => (await bench.outstanding()) < events / 10;
        await waitFor(isShort, { timeoutMs, everyMs: 50, what: "the notifiers to keep up" });
      }
    },
    isTaken: async () => published === events && (await bench.outstanding()) === 0,
    setRedisClock: (offsetMs) => redisClock?.set(offsetMs),
    async publishAgain(msgId) {
      for (let n = 0; n < published; n++) {
        const sent = mixed(n, nothingExpected());
        await bench.publish({ ...sent, headers: { "Nats-Msg-Id": msgId(sent.id ?? "") } });
      }
    },
  };

  try {
    stage.notifier();
    if (fault.publishes) {
      await fault.inject(stage);
    } else {
      const publishing = stage.publishAlong();
      await waitFor(async () => (await bench.emitted()).length > 0, { timeoutMs, what: "the first event" });
      await Promise.all([publishing, fault.inject(stage)]);
    }
    if (notifiers.size === 0) stage.notifier();
    return await judge(bench, expected, hook, timeoutMs);
  } finally {
    for (const notifier of notifiers) await stage.end(notifier, "SIGKILL");
    await bench.close();
    await hook.close();
    redisClock?.close();
  }
}
