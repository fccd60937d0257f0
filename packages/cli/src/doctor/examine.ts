/** Looks at everything a cluster stands on, one thing after the other; a thing that cannot be looked at is a finding. */

import { jetstreamManager } from "@nats-io/jetstream";
import { DEFAULT_INSTALL, subjectsOf } from "@rollcall/contracts";
import { layoutOf, v1Placement } from "@rollcall/fanout";
import { boundsConfig, ConfigError, commonConfig, defineConfig, loadConfig } from "@rollcall/runtime";
import { Redis } from "ioredis";
import { type BusFlags, useBus } from "../bus/connect.ts";
import { redisOptions } from "../bus/redis.ts";
import { contractPaths, loadOrExplain } from "../cluster/contract-paths.ts";
import { isAlive } from "../cluster/identity.ts";
import { describePortHolder, isPortFree } from "../cluster/port-holder.ts";
import { DEFAULT_BASE_PORT, portsOf } from "../cluster/ports.ts";
import { readState } from "../cluster/state.ts";
import { CliError, type Context } from "../context.ts";
import { findServer } from "../servers/find.ts";
import { NATS, REDIS, type ServerProgram } from "../servers/programs.ts";
import { type Finding, finding, isAtLeast, judgeLayout, judgeNats, judgeRedis } from "./finding.ts";

export interface DoctorFlags extends BusFlags {
  redis?: string;
}

const MIN_NODE = "24.15.0";

export async function examine(flags: DoctorFlags, context: Context): Promise<Finding[]> {
  const { home, env } = context;
  const state = readState(home.state);
  const running = state !== undefined && isAlive(state.supervisor) ? state : undefined;
  const redisUrl = flags.redis ?? env.REDIS_URL ?? running?.status.redisUrl;
  const hasNats = (flags.nats ?? env.NATS_URL ?? running) !== undefined;
  const findings = [node(), ...settings(context), await contractFiles(running?.contracts, context)];
  if (redisUrl === undefined) findings.push(await program(REDIS, context));
  else findings.push(...(await redis(redisUrl, context)));
  if (hasNats) findings.push(...(await nats(flags, context)));
  else findings.push(await program(NATS, context));
  if (running === undefined) return [...findings, ...(await ports())];
  for (const { name, ready } of running.status.components) {
    findings.push(ready ? finding.ok(name, "ready") : finding.bad(name, "not ready", `./rollcall logs ${name}`));
  }
  return findings;
}

function node(): Finding {
  const { version } = process;
  if (isAtLeast(version.slice(1), MIN_NODE)) return finding.ok("node", `version ${version}`);
  return finding.bad("node", `version ${version}`, `run ./rollcall, which brings ${MIN_NODE} or newer`);
}

/** Those that all services share, and the relations between them. */
function settings({ env }: Context): Finding[] {
  try {
    loadConfig(defineConfig(commonConfig, boundsConfig), env);
    return [finding.ok("settings", "valid, and their relations hold")];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.mistakes.map((mistake) => finding.bad("settings", mistake, "change the environment variable"));
  }
}

async function contractFiles(paths: string[] | undefined, { home, env, cwd }: Context): Promise<Finding> {
  try {
    const { hash, namespaces } = await loadOrExplain(paths ?? contractPaths([], { home, env, cwd }));
    return finding.ok("contracts", `${namespaces.size} namespace(s), hash ${hash}`);
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    return finding.bad("contracts", error.message, error.hint ?? "name them with CONTRACTS");
  }
}

async function program(wanted: ServerProgram, { env, home, terminal }: Context): Promise<Finding> {
  try {
    return finding.ok(wanted.name, await findServer(wanted, { env, folder: home.servers, say: terminal.note }));
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    return finding.bad(wanted.name, error.message, error.hint ?? "");
  }
}

async function redis(url: string, context: Context): Promise<Finding[]> {
  const { clock, env } = context;
  let lost: Error | undefined;
  let client: Redis | undefined;
  try {
    const install = env.INSTALL ?? DEFAULT_INSTALL;
    client = new Redis(url, redisOptions(url, install, context));
    client.on("error", (error: Error) => {
      lost = error; // what is in flight rejects with less to say
    });
    await client.connect();
    const text = await client.info();
    const field = (name: string) => new RegExp(`^${name}:(\\S*)`, "m").exec(text)?.[1] ?? "unknown";
    const [seconds, micros] = await client.time();
    const judged = judgeRedis({
      version: field("redis_version"),
      maxmemoryPolicy: field("maxmemory_policy"),
      appendonly: field("aof_enabled") === "1" ? "yes" : "no",
      skewMs: Number(seconds) * 1_000 + Number(micros) / 1_000 - clock.now(),
    });
    return [...judged, judgeLayout(await layoutOf(client, { install, cell: v1Placement.cellOf("") }))];
  } catch (error) {
    const why = (lost ?? (error as Error)).message;
    return [finding.bad("redis", `cannot be asked: ${why}`, "start it, or correct REDIS_URL")];
  } finally {
    client?.disconnect();
  }
}

async function nats(flags: DoctorFlags, context: Context): Promise<Finding[]> {
  try {
    return await useBus(flags, context, async ({ nc, install }) => {
      const subjects = subjectsOf(install);
      const { version = "0", jetstream = false, max_payload: maxPayload = 0 } = nc.info ?? {};
      const streams: string[] = [];
      if (jetstream) {
        for await (const name of (await jetstreamManager(nc)).streams.names()) streams.push(name);
      }
      const neededStreams = [
        "EVENTS",
        subjects.presenceStream(),
        subjects.emittedStream(),
        subjects.deadletterStream(),
      ];
      return judgeNats({ version, jetstream, maxPayload, streams, neededStreams });
    });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return [finding.bad("nats", `cannot be asked: ${why}`, "start it, or correct NATS_URL and --creds")];
  }
}

/** Those of `up` as it is without options. */
async function ports(): Promise<Finding[]> {
  const needed = portsOf(DEFAULT_BASE_PORT);
  const busy: Finding[] = [];
  for (const port of [needed.edge(0), needed.edge(1), needed.redis, needed.nats, needed.collector]) {
    if (await isPortFree(port)) continue;
    const holder = describePortHolder(port) ?? "a process of another user";
    busy.push(finding.warn("ports", `port ${port} is held by ${holder}`, "end it, or use up --base-port"));
  }
  return busy.length > 0 ? busy : [finding.ok("ports", "those of `up` are free")];
}
