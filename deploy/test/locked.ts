/**
 * A cluster in which every service is its own user on Redis and NATS, with nothing but its grants, and both speak TLS only,
 * with those who show a certificate. Who a service is stands in files, as the chart mounts them.
 */

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { NatsConnection } from "@nats-io/nats-core";
import { connect } from "@nats-io/transport-node";
import { type Cluster, REPOSITORY, startCluster, startNats, startRedis, tempFolder } from "@rollcall/testkit";
import { Redis } from "ioredis";
import { inboxOf, ROLES, type Role } from "../nats/grants.ts";
import { passwordVariable, renderPermissions } from "../nats/permissions.ts";
import { renderAcl } from "../redis/acl.ts";
import type { RedisRole } from "../redis/grants.ts";

export const INSTALL = "locked";
const CONTRACTS = fileURLToPath(new URL("contracts", import.meta.url));
export const SERVICES = ["edge", "presence", "notifier"] as const;
export const passwordOf = (role: Role | RedisRole) => `password-of-${role}`;

const pem = (name: string) => join(REPOSITORY, "packages/testkit/test/runtime/tls", `${name}.pem`);
export const TLS = { ca: pem("ca"), cert: pem("server-cert"), key: pem("server-key") };
/** Of a machine that does other work. */
export const PATIENCE_MS = 60_000;
/** What the server's certificate is for; of the two, NATS takes it from the URL. */
export const [REDIS_NAME, NATS_NAME] = ["server.test", "localhost"];
export const CERTIFICATES = {
  REDIS_TLS_CA: TLS.ca,
  REDIS_TLS_CERT: pem("client-cert"),
  REDIS_TLS_KEY: pem("client-key"),
  REDIS_TLS_SERVERNAME: REDIS_NAME,
  NATS_TLS_CA: TLS.ca,
  NATS_TLS_CERT: pem("client-cert"),
  NATS_TLS_KEY: pem("client-key"),
};

export interface Locked extends AsyncDisposable {
  cluster: Cluster;
  /** A connection of that user, with its own inbox. */
  bus(role: Role): Promise<NatsConnection>;
  /** A client of that user. */
  redis(role: RedisRole): Redis;
  /** What Redis refused so far, a line each. */
  refused(): Promise<string[]>;
  /** Every user of both servers has another password from now on, and nobody is connected by an old one any more. */
  rotate(generation: string): Promise<void>;
}

export async function startLocked(): Promise<Locked> {
  const folder = tempFolder("locked");
  mkdirSync(folder, { recursive: true });
  const conf = join(folder, "nats.conf");
  let generation = "";
  const secretOf = (role: Role | RedisRole) => passwordOf(role) + generation;
  const writeNatsConf = () => {
    const variables = ROLES.map((role) => `${passwordVariable(INSTALL, role)}: "${secretOf(role)}"`);
    // Handshakes of a busy machine take more than the two seconds that the server gives them.
    const files = `ca_file: "${TLS.ca}", cert_file: "${TLS.cert}", key_file: "${TLS.key}"`;
    const tls = `tls { ${files}, verify: true, timeout: ${PATIENCE_MS / 1_000} }`;
    // Said here and not by a flag: older servers end JetStream when a file without it is reloaded.
    const store = `jetstream { store_dir: "${join(folder, "store")}" }`;
    writeFileSync(conf, `${tls}\n${store}\n${variables.join("\n")}\n${renderPermissions({ install: INSTALL })}`);
  };
  writeNatsConf();
  const channels = join(folder, "channels.yaml");
  writeFileSync(channels, "channels:\n  bus: { type: nats }\n");

  const redisServer = await startRedis({ tls: TLS });
  const nats = await startNats({ jetstream: false, args: ["-c", conf] });
  const natsUrl = `tls://${NATS_NAME}:${nats.port}`;
  const admin = redisServer.connect();
  const writeUsers = async () => {
    // The test's own user stays; in production the file's first line turns it off.
    for (const line of renderAcl(INSTALL, secretOf).trim().split("\n").slice(1)) {
      const [, name, ...rules] = splitRules(line);
      await admin.call("ACL", "SETUSER", name!, "reset", ...rules);
    }
  };
  await writeUsers();

  const as = (url: string, role: Role | RedisRole) => url.replace("://", `://${role}:${secretOf(role)}@`);
  const fileOf = (server: string, role: string) => join(folder, `${server}-${role}`);
  const writeSecrets = () => {
    for (const role of SERVICES) {
      writeFileSync(fileOf("redis", role), as(redisServer.url, role));
      writeFileSync(fileOf("nats", role), as(natsUrl, role));
    }
  };
  writeSecrets();
  const settings = (role: (typeof SERVICES)[number]) => ({
    ...CERTIFICATES,
    REDIS_URL: "",
    REDIS_URL_FILE: fileOf("redis", role),
    NATS_URL: "",
    NATS_URL_FILE: fileOf("nats", role),
    NATS_INBOX_PREFIX: inboxOf(role),
  });
  const cluster = await startCluster({
    redis: redisServer,
    nats,
    contractsDir: CONTRACTS,
    traces: false,
    // Nothing here is about time: pings of a busy machine end no connection.
    scaled: false,
    readyTimeoutMs: 110_000,
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
        servers: natsUrl,
        user: role,
        pass: secretOf(role),
        tls: { caFile: TLS.ca, certFile: CERTIFICATES.NATS_TLS_CERT, keyFile: CERTIFICATES.NATS_TLS_KEY },
        inboxPrefix: inboxOf(role),
        timeout: PATIENCE_MS,
        waitOnFirstConnect: true,
      });
      opened.push(nc);
      return nc;
    },
    redis(role) {
      const client = new Redis(as(redisServer.url, role), {
        tls: {
          ca: readFileSync(TLS.ca),
          cert: readFileSync(CERTIFICATES.REDIS_TLS_CERT),
          key: readFileSync(CERTIFICATES.REDIS_TLS_KEY),
          servername: REDIS_NAME,
        },
      });
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
    async rotate(next) {
      generation = next;
      writeSecrets();
      await writeUsers();
      writeNatsConf();
      for (const role of SERVICES) await admin.call("CLIENT", "KILL", "USER", role);
      process.kill(nats.pid, "SIGHUP"); // reloads its file, and closes the connections of users that changed
    },
    [Symbol.asyncDispose]: close,
  };
}

/** `user edge on ... (selector with spaces)` as the arguments of ACL SETUSER. */
const splitRules = (line: string): string[] => line.match(/\([^)]*\)|\S+/g) ?? [];
