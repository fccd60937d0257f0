/** One real service process: `node services/<kind>/src/main.ts` with an environment, observed from outside only. */

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { processEnv } from "@rollcall/runtime";
import { type Child, type Exit, startChild, tail } from "./child.ts";
import { freePort } from "./free-port.ts";
import { waitFor } from "./wait-for.ts";

export type ServiceKind = "edge" | "presence" | "notifier";

export interface ServiceProcess {
  /** For example `edge-1`: `INSTANCE`, label of logs and spans. */
  readonly name: string;
  readonly kind: ServiceKind;
  /** Public address of an edge; of others the internal one. */
  readonly url: string;
  readonly internalUrl: string;
  readonly pid: number;
  readonly logFile: string;
  /** Of the present process. */
  readonly exited: Promise<Exit>;
  running(): boolean;
  /** Every JSON log line so far, restarts included; other lines are left out. */
  logs(): Record<string, unknown>[];
  /** Sends the signal; with SIGKILL also waits for the end. */
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** SIGTERM, and how it ended. SIGKILL after `graceMs` (default 30 s). */
  stop(graceMs?: number): Promise<Exit>;
  /** The same command, ports and environment (plus `env`) in a new process; stops the old one first when it runs. */
  restart(env?: Record<string, string>): Promise<void>;
  pause(): void;
  resume(): void;
  /** Prometheus text. */
  metrics(): Promise<string>;
}

export interface ServiceProcessOptions {
  kind: ServiceKind;
  name: string;
  env: Record<string, string>;
  logFolder: string;
  /** Default: `services/<kind>/src/main.ts` of this repository. A function is asked at each start: a restart may be another release. */
  entry?: string | (() => string);
  /** Default 60 s. */
  readyTimeoutMs?: number;
}

export const REPOSITORY = join(import.meta.dirname, "../../..");
const READY_TIMEOUT_MS = 60_000;
const STOP_GRACE_MS = 30_000;

export async function startService(options: ServiceProcessOptions): Promise<ServiceProcess> {
  const { kind, name, logFolder, readyTimeoutMs = READY_TIMEOUT_MS } = options;
  const { entry = join(REPOSITORY, "services", kind, "src/main.ts") } = options;
  const port = kind === "edge" ? await freePort() : undefined;
  const internalPort = await freePort();
  const internalUrl = `http://127.0.0.1:${internalPort}`;
  const logFile = join(logFolder, `${name}.log`);

  async function launch(extra: Record<string, string>): Promise<Child> {
    const child = await startChild({
      command: process.execPath,
      args: [typeof entry === "string" ? entry : entry()],
      cwd: REPOSITORY,
      logFile,
      env: {
        PATH: processEnv().PATH,
        // Halves the CPU time of a start; test runs start many.
        NODE_COMPILE_CACHE: join(REPOSITORY, ".rollcall/compile-cache"),
        ...options.env,
        ...extra,
        INSTANCE: name,
        INTERNAL_PORT: String(internalPort),
        INTERNAL_HOST: "127.0.0.1",
        ...(port === undefined ? {} : { PORT: String(port) }),
      },
    });
    try {
      await waitFor(() => child.exit() !== undefined || answersReady(internalUrl), {
        timeoutMs: readyTimeoutMs,
        everyMs: 25,
        what: `${name} to be ready`,
      });
      if (child.exit() !== undefined) throw new Error(`${name} ended while starting`);
      return child;
    } catch (cause) {
      await child.end("SIGKILL");
      throw new Error(`${name} did not become ready:\n${tail(logFile)}`, { cause });
    }
  }

  let extraEnv: Record<string, string> = {};
  let child = await launch(extraEnv);
  return {
    name,
    kind,
    url: port === undefined ? internalUrl : `http://127.0.0.1:${port}`,
    internalUrl,
    logFile,
    get pid() {
      return child.pid;
    },
    get exited() {
      return child.exited;
    },
    running: () => child.exit() === undefined,
    logs: () => parseLines(logFile),
    async kill(signal = "SIGKILL") {
      child.signal(signal);
      if (signal === "SIGKILL") await child.exited;
    },
    stop: (graceMs = STOP_GRACE_MS) => child.end("SIGTERM", graceMs),
    async restart(env = {}) {
      await child.end("SIGTERM", STOP_GRACE_MS);
      extraEnv = { ...extraEnv, ...env };
      child = await launch(extraEnv);
    },
    pause: () => child.signal("SIGSTOP"),
    resume: () => child.signal("SIGCONT"),
    metrics: async () => (await fetch(`${internalUrl}/metrics`)).text(),
  };
}

async function answersReady(internalUrl: string): Promise<boolean> {
  return (await fetch(`${internalUrl}/readyz`)).status === 200;
}

function parseLines(file: string): Record<string, unknown>[] {
  if (!existsSync(file)) return [];
  return readFileSync(file, "utf8")
    .split("\n")
    .flatMap((line) => {
      try {
        return line.startsWith("{") ? [JSON.parse(line) as Record<string, unknown>] : [];
      } catch {
        return []; // the line is still being written
      }
    });
}
