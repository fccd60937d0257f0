/** A cluster in which every service is its own user on Redis and NATS, with nothing but its grants. */

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { NatsConnection } from "@nats-io/nats-core";
import { connect } from "@nats-io/transport-node";
import { type Cluster, startCluster, startNats, startRedis, tempFolder } from "@rollcall/testkit";
import { Redis } from "ioredis";
import { inboxOf, ROLES, type Role } from "../nats/grants.ts";
import { passwordVariable, renderPermissions } from "../nats/permissions.ts";
import { renderAcl } from "../redis/acl.ts";
import type { RedisRole } from "../redis/grants.ts";

export const INSTALL = "locked";
const CONTRACTS = fileURLToPath(new URL("contracts", import.meta.url));
const SERVICES = ["edge", "presence", "notifier"] as const;
const passwordOf = (role: Role | RedisRole) => `password-of-${role}`;

export interface Locked extends AsyncDisposable {
  cluster: Cluster;
  /** A connection of that user, with its own inbox. */
  bus(role: Role): Promise<NatsConnection>;
  /** A client of that user. */
  redis(role: RedisRole): Redis;
  /** What Redis refused so far, a line each. */
  refused(): Promise<string[]>;
}

export async function startLocked(): Promise<Locked> {
  const folder = tempFolder("locked");
  mkdirSync(folder, { recursive: true });
  const conf = join(folder, "nats.conf");
  const variables = ROLES.map((role) => `${passwordVariable(INSTALL, role)}: "${passwordOf(role)}"`);
  writeFileSync(conf, `${variables.join("\n")}\n${renderPermissions({ install: INSTALL })}`);
  const channels = join(folder, "channels.yaml");
  writeFileSync(channels, "channels:\n  bus: { type: nats }\n");

  const redisServer = await startRedis();
  const nats = await startNats({ args: ["-c", conf] });
  const admin = redisServer.connect();
  // The test's own user stays; in production the file's first line turns it off.
  for (const line of renderAcl(INSTALL, passwordOf).trim().split("\n").slice(1)) {
    const [, ...user] = splitRules(line);
    await admin.call("ACL", "SETUSER", ...user);
  }

  const as = (url: string, role: Role | RedisRole) => url.replace("://", `://${role}:${passwordOf(role)}@`);
  const settings = (role: (typeof SERVICES)[number]) => ({
    REDIS_URL: as(redisServer.url, role),
    NATS_URL: as(nats.url, role),
    NATS_INBOX_PREFIX: inboxOf(role),
  });
  const cluster = await startCluster({
    redis: redisServer,
    nats,
    contractsDir: CONTRACTS,
    traces: false,
    env: { INSTALL, CHANNELS: channels },
    envOf: { edge: settings("edge"), presence: settings("presence"), notifier: settings("notifier") },
  });
  const opened: { close(): unknown }[] = [];
  const close = async () => {
    for (const one of opened) await one.close();
    await cluster.stop();
    admin.disconnect();
    await nats.close();
    await redisServer.close();
  };
  return {
    cluster,
    async bus(role) {
      const nc = await connect({
        servers: nats.url,
        user: role,
        pass: passwordOf(role),
        inboxPrefix: inboxOf(role),
      });
      opened.push(nc);
      return nc;
    },
    redis(role) {
      const client = new Redis(as(redisServer.url, role));
      opened.push({ close: () => client.disconnect() });
      return client;
    },
    async refused() {
      const log = (await admin.call("ACL", "LOG")) as unknown[][];
      return log.map((entry) => {
        const field = (name: string) => String(entry[entry.indexOf(name) + 1]);
        return `${field("username")}: ${field("reason")} ${field("object")} in ${field("context")}`;
      });
    },
    [Symbol.asyncDispose]: close,
  };
}

/** `user edge on ... (selector with spaces)` as the arguments of ACL SETUSER. */
const splitRules = (line: string): string[] => line.match(/\([^)]*\)|\S+/g) ?? [];
