/** Fault runs on real processes: a fault while events are published, then everything read and compared. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { systemClock } from "@rollcall/runtime";
import { type Bench, startBench } from "./bench.ts";
import type { Doom } from "./doomed.ts";
import { mixContracts } from "./mix.ts";
import { type Expected, judge, nothingExpected, publishMix, type Result } from "./truth.ts";

const NOTIFIER = fileURLToPath(new URL("./doomed.ts", import.meta.url));

export interface Stage {
  bench: Bench;
  /** Starts one more notifier process. */
  notifier(): ChildProcess;
  /** SIGKILL, and its end. */
  kill(notifier: ChildProcess): Promise<void>;
  /** SIGTERM is not handled by these: a rolling restart ends one when the next one runs. */
  running(): ChildProcess[];
  /** What the webhook answers from now on. */
  provider(status: number): void;
  pause(ms: number): Promise<void>;
  /** Publishes again what was published before, with the ids it had. */
  repeat(): Promise<void>;
}

export interface Fault {
  name: string;
  /** Injected while the events are published; whatever it broke is whole again when it ends. */
  inject(stage: Stage): Promise<void>;
}

/** `outageMs` scales the long ones. */
export const faults = (outageMs: number): Fault[] => [
  {
    name: "notifier killed, again and again",
    async inject({ running, kill, notifier, pause }) {
      for (let n = 0; n < 5; n++) {
        await pause(outageMs / 10);
        for (const process of running()) await kill(process);
        notifier();
      }
    },
  },
  {
    name: "two notifiers, one after the other replaced",
    async inject({ running, kill, notifier, pause }) {
      notifier();
      for (let n = 0; n < 3; n++) {
        await pause(outageMs / 10);
        const [oldest] = running();
        notifier();
        await kill(oldest!);
      }
    },
  },
  {
    name: "notifier paused past its lease, then going on",
    async inject({ running, notifier, pause }) {
      const [first] = running();
      notifier();
      await pause(outageMs / 10);
      first!.kill("SIGSTOP");
      await pause(outageMs / 5);
      first!.kill("SIGCONT");
    },
  },
  {
    name: "NATS restarted",
    inject: ({ bench }) => bench.natsServer.restart(),
  },
  {
    name: "NATS away",
    async inject({ bench, pause }) {
      await bench.natsServer.stop();
      await pause(outageMs);
      await bench.natsServer.restart();
    },
  },
  {
    name: "Redis restarted with its AOF",
    inject: ({ bench }) => bench.redisServer.restart(),
  },
  {
    name: "Redis away",
    async inject({ bench, pause }) {
      await bench.redisServer.stop();
      await pause(outageMs / 2);
      await bench.redisServer.restart();
    },
  },
  {
    name: "Redis hung",
    async inject({ bench, pause }) {
      bench.redisServer.pause();
      await pause(outageMs / 4);
      bench.redisServer.resume();
    },
  },
  {
    name: "provider failing",
    async inject({ provider, pause }) {
      provider(503);
      await pause(outageMs / 4);
      provider(200);
    },
  },
  {
    name: "every event published twice",
    inject: ({ repeat }) => repeat(),
  },
];

export async function runFault(fault: Fault, events: number, timeoutMs: number): Promise<Result> {
  let status = 200;
  const hook: Server = createServer((request, response) => {
    request.resume().on("end", () => response.writeHead(status).end());
  });
  await new Promise<void>((done) => hook.listen(0, "127.0.0.1", done));
  const hookUrl = `http://127.0.0.1:${(hook.address() as AddressInfo).port}/`;
  const bench = await startBench(mixContracts);
  const notifiers = new Set<ChildProcess>();
  const expected: Expected = nothingExpected();

  const stage: Stage = {
    bench,
    notifier() {
      const doom: Doom = {
        redisUrl: bench.redisServer.url,
        natsUrl: bench.natsServer.url,
        hookUrl,
        point: "never",
        passing: 1,
      };
      const process_ = spawn(process.execPath, [NOTIFIER, JSON.stringify(doom)], {
        stdio: ["ignore", "inherit", "inherit"],
      });
      notifiers.add(process_);
      process_.once("exit", () => notifiers.delete(process_));
      return process_;
    },
    async kill(notifier) {
      if (notifier.exitCode !== null || notifier.signalCode !== null) return;
      const ended = once(notifier, "exit");
      notifier.kill("SIGKILL");
      await ended;
    },
    running: () => [...notifiers],
    provider(next) {
      status = next;
    },
    pause: (ms) => systemClock.sleep(ms),
    repeat: () => publishMix(bench, nothingExpected(), 0, events),
  };
  try {
    stage.notifier();
    const publishing = publishMix(bench, expected, 0, events);
    await fault.inject(stage);
    await publishing;
    if (notifiers.size === 0) stage.notifier();
    return await judge(bench, expected, timeoutMs);
  } finally {
    for (const notifier of notifiers) await stage.kill(notifier);
    await bench.close();
    await new Promise((done) => hook.close(done));
  }
}
