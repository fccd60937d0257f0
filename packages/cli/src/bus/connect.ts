/** The bus of a cluster: the one of this folder, or any other by `--nats`. */

import type { NatsConnection } from "@nats-io/nats-core";
import { connect } from "@nats-io/transport-node";
import { DEFAULT_INSTALL, DEFAULT_TENANT, subjectsOf, TIMEOUTS } from "@rollcall/contracts";
import {
  defineConfig,
  type Env,
  loadConfig,
  type NatsAccess,
  natsAccessOf,
  natsConfig,
  natsOptions,
  request,
} from "@rollcall/runtime";
import type { Command } from "commander";
import { runningCluster } from "../cluster/running.ts";
import { CliError, type Context } from "../context.ts";
import { nameOf } from "../options.ts";
import { addressesOf, orUsage } from "./addresses.ts";
import { busFailure } from "./failure.ts";

export interface BusFlags {
  nats?: string;
  creds?: string;
  install?: string;
  tenant: string;
  json?: true;
}

export interface Bus {
  nc: NatsConnection;
  /** Options for whoever speaks to JetStream over the connection. */
  jetStream: { domain?: string };
  install: string;
  /** One of the requests that backends and operators may make. */
  ask<T>(name: string, body: unknown): Promise<T>;
}

export function withBus(command: Command): Command {
  return command
    .option("--nats <url>", "NATS of another cluster (default: NATS_URL, else the cluster of this folder)")
    .option("--creds <file>", "NATS credentials")
    .option("--install <name>", "name of the installation", nameOf("install"))
    .option("--tenant <tenant>", "tenant", nameOf("tenant"), DEFAULT_TENANT)
    .option("--json", "print JSON");
}

const TIMEOUT_MS = TIMEOUTS.request.ms;

/** Connects, uses, and closes whatever happens: a command must end when its work has. */
export async function useBus<T>(flags: BusFlags, context: Context, use: (bus: Bus) => Promise<T>): Promise<T> {
  const given = addressesOf(context);
  const named = flags.nats ?? given.NATS_URL;
  const state = named === undefined ? runningCluster(context) : undefined;
  const url = named ?? state!.status.natsUrl;
  const install = flags.install ?? given.INSTALL ?? state?.status.install ?? DEFAULT_INSTALL;
  const access = accessOf(url, flags, context);
  const nc = await connectOnce(url, access);
  const subjects = subjectsOf(install);
  try {
    return await use({
      nc,
      jetStream: access.jsDomain === undefined ? {} : { domain: access.jsDomain },
      install,
      ask: (name, body) => request(nc, subjects.request(flags.tenant, name), body, { timeoutMs: TIMEOUT_MS }),
    });
  } catch (error) {
    throw busFailure(error);
  } finally {
    await nc.close();
  }
}

/** The same settings as services have; `--creds` stands for whoever they say we are. */
function accessOf(url: string, { creds }: BusFlags, { env }: Context): NatsAccess {
  const settings: Env = {
    ...env,
    NATS_URL: url,
    NATS_URL_FILE: undefined,
    ...(creds !== undefined && { NATS_CREDS: creds, NATS_NKEY: undefined, NATS_NKEY_FILE: undefined }),
  };
  return orUsage(() => natsAccessOf(loadConfig(defineConfig(natsConfig), settings)));
}

/** Unlike a service, a command does not wait for a server that is away. */
async function connectOnce(url: string, access: NatsAccess): Promise<NatsConnection> {
  const options = orUsage(() => natsOptions(url, access));
  try {
    return await connect({ ...options, name: "rollcall-cli", timeout: TIMEOUT_MS, reconnect: false });
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    const servers = [options.servers].flat().join(", "); // without the user
    throw new CliError(`no connection to NATS at ${servers}: ${why}`, {
      cause,
      hint: "./rollcall status shows what runs here; --nats, NATS_URL and --creds name another cluster.",
    });
  }
}
