/** The bus of a cluster: the one of this folder, or any other by `--nats`. */

import type { NatsConnection } from "@nats-io/nats-core";
import { connect } from "@nats-io/transport-node";
import { DEFAULT_INSTALL, DEFAULT_TENANT, subjectsOf, TIMEOUTS } from "@rollcall/contracts";
import {
  ConfigError,
  defineConfig,
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

export interface BusFlags {
  nats?: string;
  creds?: string;
  install?: string;
  tenant: string;
  json?: true;
}

export interface Bus {
  nc: NatsConnection;
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
  const { env } = context;
  const given = flags.nats ?? env.NATS_URL;
  const state = given === undefined ? runningCluster(context) : undefined;
  const url = given ?? state!.status.natsUrl;
  const install = flags.install ?? env.INSTALL ?? state?.status.install ?? DEFAULT_INSTALL;
  const nc = await connectOnce(url, accessOf(flags, context));
  const subjects = subjectsOf(install);
  try {
    return await use({
      nc,
      install,
      ask: (name, body) => request(nc, subjects.request(flags.tenant, name), body, { timeoutMs: TIMEOUT_MS }),
    });
  } finally {
    await nc.close();
  }
}

/** The same settings as services have; `--creds` stands for the credentials. */
function accessOf({ creds }: BusFlags, { env }: Context): NatsAccess {
  const { NATS_CREDS: _named, NATS_NKEY: _user, ...others } = env;
  try {
    const settings = creds === undefined ? env : { ...others, NATS_CREDS: creds };
    return natsAccessOf(loadConfig(defineConfig(natsConfig), settings));
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new CliError(error.message, { cause: error, exitCode: 2 });
  }
}

/** Unlike a service, a command does not wait for a server that is away. */
async function connectOnce(url: string, access: NatsAccess): Promise<NatsConnection> {
  const servers = url.split(",").map((server) => server.trim());
  try {
    return await connect({
      servers,
      name: "rollcall-cli",
      timeout: TIMEOUT_MS,
      reconnect: false,
      ...natsOptions(access),
    });
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new CliError(`no connection to NATS at ${servers.map(withoutPassword).join(", ")}: ${why}`, {
      cause,
      hint: "./rollcall status shows what runs here; --nats, NATS_URL and --creds name another cluster.",
    });
  }
}

function withoutPassword(server: string): string {
  return server.replace(/\/\/[^@/]*@/, "//***@");
}
