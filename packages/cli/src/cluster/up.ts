/** `up`: from nothing to a running cluster, and back to nothing when it is told to stop. */

import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Env } from "@rollcall/runtime";
import { addressesOf } from "../bus/addresses.ts";
import { CliError, type Context, EXIT } from "../context.ts";
import { ensureDevKeys } from "../dev-keys.ts";
import { listenForInterrupts } from "../interrupt.ts";
import { findServer } from "../servers/find.ts";
import { NATS, PROMETHEUS, REDIS } from "../servers/programs.ts";
import { contractPaths, loadOrExplain } from "./contract-paths.ts";
import { checkGivenServers } from "./given-servers.ts";
import { identify, isAlive } from "./identity.ts";
import { takeLock } from "./lock.ts";
import { boundLogs, freshLogs, lastLines } from "./logs.ts";
import { type ClusterShape, type Plan, planCluster, scrapeConfig } from "./plan.ts";
import { describePortHolder, isPortFree } from "./port-holder.ts";
import { readyText } from "./ready-text.ts";
import { type ClusterState, type ClusterStatus, readState, removeState, writeState } from "./state.ts";
import { createSupervisor, StartError, type Supervisor } from "./supervisor.ts";

export interface UpOptions extends ClusterShape {
  observe?: true;
  fresh: boolean;
  restart: boolean;
  json?: true;
  /** Run by `--detach`: nobody presses Ctrl-C here. */
  detached?: true;
}

const LOG_CHECK_MS = 30_000;
const SHOWN_LOG_LINES = 15;

/** Resolves with the exit code once everything that was started has ended. */
export async function up(options: UpOptions, context: Context): Promise<number> {
  const { home, terminal, clock } = context;
  const lock = takeLock(home.lock);
  if ("heldBy" in lock) {
    throw new CliError(`a cluster of this folder is already running (pid ${lock.heldBy.pid})`, {
      hint: "./rollcall status shows it, ./rollcall down stops it; another checkout with --base-port can run beside it.",
    });
  }
  try {
    refuseLeftovers(context);
    const say = options.json === true ? terminal.note : terminal.out;
    const plan = await prepare(options, context, say);
    const interrupts = listenForInterrupts();
    const supervisor = supervise(plan, options, context, say);
    const lastResort = () => supervisor.killAll();
    process.once("exit", lastResort);
    interrupts.onFurther(() => void supervisor.stop());
    const logs = plan.components.map((spec) => home.log(spec.name));
    const bounding = clock.setRepeating(LOG_CHECK_MS, () => boundLogs(logs));
    try {
      const startedAtMs = clock.monotonic();
      const how = await Promise.race([supervisor.start().then(() => "ready" as const), interrupts.first]);
      if (how === "ready") {
        if (options.json === true) terminal.json(statusOf(plan, supervisor));
        const tookMs = clock.monotonic() - startedAtMs;
        for (const line of readyText(plan, { tookMs, detached: options.detached === true })) say(line);
        await interrupts.first;
      }
      say("stopping");
      return EXIT.ok;
    } catch (error) {
      throw explainStart(error, context);
    } finally {
      bounding.cancel();
      await supervisor.stop();
      removeState(home.state);
      interrupts.dispose();
      process.off("exit", lastResort);
      say("stopped");
    }
  } finally {
    lock.release();
  }
}

/** Processes of an `up` that was killed: they hold ports and data, and only `down` may end them. */
function refuseLeftovers({ home }: Context): void {
  const left = readState(home.state)?.processes.filter(isAlive) ?? [];
  if (left.length === 0) {
    removeState(home.state);
    return;
  }
  throw new CliError(`an earlier \`up\` of this folder was killed and left ${left.length} processes behind`, {
    hint: "./rollcall down stops them.",
  });
}

async function prepare(options: UpOptions, context: Context, say: (line: string) => void): Promise<Plan> {
  const { home, cwd } = context;
  const env: Env = { ...context.env, ...addressesOf(context) };
  mkdirSync(home.folder, { recursive: true });
  const contracts = contractPaths(options.contracts, { home, env, cwd });
  await loadOrExplain(contracts);
  if (env.JWKS === undefined) await ensureDevKeys(home);
  await checkGivenServers(env);
  const find = { env, folder: home.servers, say };
  const redisServer = env.REDIS_URL === undefined ? await findServer(REDIS, find) : undefined;
  const natsServer = env.NATS_URL === undefined ? await findServer(NATS, find) : undefined;
  const prometheus =
    options.observe === true
      ? { program: await findServer(PROMETHEUS, find), configFile: join(home.data, "prometheus.yml") }
      : undefined;
  const plan = planCluster({
    ...options,
    home,
    env,
    cwd,
    contracts,
    node: process.execPath,
    ...(redisServer === undefined ? {} : { redisServer }),
    ...(natsServer === undefined ? {} : { natsServer }),
    ...(prometheus === undefined ? {} : { prometheus }),
  });
  await refuseBusyPorts(plan);
  if (options.fresh)
    for (const part of ["redis", "nats"]) rmSync(join(home.data, part), { recursive: true, force: true });
  for (const part of ["redis", "nats", "prometheus"]) mkdirSync(join(home.data, part), { recursive: true });
  if (prometheus !== undefined) {
    const rules = join(home.root, "deploy/prometheus/rules.yaml");
    writeFileSync(prometheus.configFile, scrapeConfig(plan.components, rules));
  }
  freshLogs(home.logs);
  return plan;
}

async function refuseBusyPorts(plan: Plan): Promise<void> {
  const busy: string[] = [];
  for (const spec of plan.components) {
    for (const port of spec.ports) {
      if (await isPortFree(port)) continue;
      const holder = describePortHolder(port) ?? "a process of another user";
      busy.push(`port ${port}, needed by ${spec.name}, is held by ${holder}`);
    }
  }
  if (busy.length === 0) return;
  throw new CliError(busy.join("\n"), {
    hint: "End what holds it, or move all ports: ./rollcall up --base-port 5000",
  });
}

function supervise(plan: Plan, options: UpOptions, context: Context, say: (line: string) => void): Supervisor {
  const { home, env, clock, terminal } = context;
  const width = Math.max(...plan.components.map((spec) => spec.name.length));
  const supervisor = createSupervisor({
    components: plan.components,
    env,
    cwd: home.root,
    logFile: home.log,
    clock,
    restart: options.restart,
    on: {
      ready(spec, tookMs) {
        const address = [spec.url, spec.internalUrl && `(internal ${spec.internalUrl})`].filter(Boolean).join("  ");
        say(`  ${spec.name.padEnd(width)}  ready after ${(tookMs / 1_000).toFixed(1)} s  ${address}`);
      },
      died(spec, how, againInMs) {
        const next = againInMs === undefined ? "it stays down (--no-restart)" : `starting it again in ${againInMs} ms`;
        terminal.note(`  ${spec.name} ended by itself: ${how}; ${next}`);
      },
      killed: (spec) => terminal.note(`  ${spec.name} did not stop in ${spec.stopMs / 1_000} s: killed`),
      changed: () => writeState(home.state, stateOf(plan, supervisor, context)),
    },
  });
  return supervisor;
}

function statusOf(plan: Plan, supervisor: Supervisor): ClusterStatus {
  const components = supervisor.components();
  return {
    ready: components.length === plan.components.length && components.every((component) => component.ready),
    install: plan.install,
    redisUrl: plan.redisUrl,
    natsUrl: plan.natsUrl,
    jwksFile: plan.jwksFile,
    components,
  };
}

function stateOf(plan: Plan, supervisor: Supervisor, { env }: Context): ClusterState {
  const { JWT_ISS: issuer, JWT_AUD: audience } = env;
  return {
    status: statusOf(plan, supervisor),
    supervisor: identify(process.pid)!,
    processes: supervisor.processes(),
    contracts: [...plan.contracts],
    otlpEndpoint: plan.otlpEndpoint,
    ...(issuer === undefined ? {} : { issuer }),
    ...(audience === undefined ? {} : { audience }),
  };
}

function explainStart(error: unknown, { home }: Context): unknown {
  if (!(error instanceof StartError)) return error;
  const file = home.log(error.component);
  const lines = existsSync(file) ? lastLines(file, SHOWN_LOG_LINES) : [];
  return new CliError(error.message, { cause: error, hint: [`The end of ${file}:`, ...lines].join("\n") });
}
