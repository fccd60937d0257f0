/** The bus of a cluster: the one of this folder, or any other by `--nats`. */

import type { NatsConnection } from "@nats-io/nats-core";
import { DEFAULT_INSTALL, DEFAULT_TENANT, subjectsOf } from "@rollcall/contracts";
import { connectNats, createLogger, request } from "@rollcall/runtime";
import type { Command } from "commander";
import { runningCluster } from "../commands/cluster.ts";
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

const TIMEOUT_MS = 5_000;

export async function useBus<T>(flags: BusFlags, context: Context, use: (bus: Bus) => Promise<T>): Promise<T> {
  const { env } = context;
  const given = flags.nats ?? env.NATS_URL;
  const state = given === undefined ? runningCluster(context) : undefined;
  const url = given ?? state!.status.natsUrl;
  const install = flags.install ?? env.INSTALL ?? state?.status.install ?? DEFAULT_INSTALL;
  const logger = createLogger({ service: "rollcall-cli", instance: "cli", level: "silent" });
  const tooLong = context.clock.sleep(TIMEOUT_MS).then(() => {
    throw new CliError(`NATS does not answer at ${url}`, { hint: "./rollcall status shows what runs here." });
  });
  const creds = flags.creds === undefined ? {} : { creds: flags.creds };
  const { nc, close } = await Promise.race([connectNats({ url, name: "rollcall-cli", logger, ...creds }), tooLong]);
  tooLong.catch(() => {}); // connected in time: the alarm is of no interest
  const subjects = subjectsOf(install);
  try {
    return await use({
      nc,
      install,
      ask: (name, body) => request(nc, subjects.request(flags.tenant, name), body, { timeoutMs: TIMEOUT_MS }),
    });
  } finally {
    await close();
  }
}
