/** Looks at everything a cluster stands on, one thing after the other; a thing that cannot be looked at is a finding. */

import { DEFAULT_INSTALL } from "@rollcall/contracts";
import { type Addresses, addressesOf } from "../bus/addresses.ts";
import type { BusFlags } from "../bus/connect.ts";
import { contractPaths, loadOrExplain } from "../cluster/contract-paths.ts";
import { isAlive } from "../cluster/identity.ts";
import { describePortHolder, isPortFree } from "../cluster/port-holder.ts";
import { DEFAULT_BASE_PORT, portsOf } from "../cluster/ports.ts";
import { readState } from "../cluster/state.ts";
import { CliError, type Context } from "../context.ts";
import { findServer } from "../servers/find.ts";
import { NATS, REDIS, type ServerProgram } from "../servers/programs.ts";
import { type Finding, finding, isAtLeast } from "./finding.ts";
import { examineNats } from "./nats.ts";
import { examineRedis } from "./redis.ts";
import { examineSettings } from "./settings.ts";

export interface DoctorFlags extends BusFlags {
  redis?: string;
}

const MIN_NODE = "24.15.0";

export async function examine(flags: DoctorFlags, context: Context): Promise<Finding[]> {
  const { home } = context;
  const state = readState(home.state);
  const running = state !== undefined && isAlive(state.supervisor) ? state : undefined;
  const given = addresses(context);
  const redisUrl = flags.redis ?? given.REDIS_URL ?? running?.status.redisUrl;
  const natsUrl = flags.nats ?? given.NATS_URL;
  const install = flags.install ?? given.INSTALL ?? running?.status.install ?? DEFAULT_INSTALL;
  const findings = [node(), ...(await examineSettings(context)), await contractFiles(running?.contracts, context)];
  if (redisUrl === undefined) findings.push(await program(REDIS, context));
  else {
    const durableUrl = given.REDIS_DURABLE_URL ?? redisUrl;
    const isOne = durableUrl === redisUrl;
    findings.push(...(await examineRedis({ about: "redis", url: redisUrl, install, durable: isOne }, context)));
    if (!isOne) {
      const durable = { about: "redis-durable", url: durableUrl, install, durable: true };
      findings.push(...(await examineRedis(durable, context)));
    }
  }
  if (natsUrl === undefined && running === undefined) findings.push(await program(NATS, context));
  else {
    const bus = { ...flags, install, ...(natsUrl === undefined ? {} : { nats: natsUrl }) };
    findings.push(...(await examineNats(bus, context, given.EVENT_SOURCES)));
  }
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

/** A file that cannot be read is told with the settings. */
function addresses(context: Context): Addresses {
  try {
    return addressesOf(context);
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    return {};
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
