/**
 * Any test's cluster with each service held to its grants, and speaking TLS to both servers. The test itself goes on as
 * it would: without a password, as a user who may do everything.
 */

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { type Cluster, type ClusterOptions, freePort, startNats, startRedis, tempFolder } from "@rollcall/testkit";
import { inboxOf, ROLES } from "../nats/grants.ts";
import { passwordVariable, renderPermissions } from "../nats/permissions.ts";
import { renderAcl } from "../redis/acl.ts";
import { CERTIFICATES, NATS_NAME, PATIENCE_MS, passwordOf, SERVICES, TLS } from "./locked.ts";

const INSTALL = "granted";

/** A line for whatever Redis refused a service goes to `refused` when the cluster stops. */
export async function startGranted(
  start: (options: ClusterOptions) => Promise<Cluster>,
  options: ClusterOptions,
  refused: string[],
): Promise<Cluster> {
  const folder = tempFolder("granted");
  const users = join(folder, "users.acl");
  const [, ...ours] = renderAcl(INSTALL, passwordOf).split("\n");
  writeFileSync(users, ["user default on nopass ~* &* +@all", ...ours].join("\n"));
  const conf = join(folder, "nats.conf");
  const variables = ROLES.map((role) => `${passwordVariable(INSTALL, role)}: "${passwordOf(role)}"`);
  const files = `ca_file: "${TLS.ca}", cert_file: "${TLS.cert}", key_file: "${TLS.key}"`;
  const permissions = renderPermissions({ install: INSTALL });
  const everybody = permissions.replace("users: [", 'users: [\n    { user: "test", password: "test" }');
  const server = ["allow_non_tls: true", 'no_auth_user: "test"', `tls { ${files}, timeout: ${PATIENCE_MS / 1_000} }`];
  writeFileSync(conf, [...server, ...variables, everybody].join("\n"));

  const tlsPort = await freePort();
  const tls = ["--tls-port", String(tlsPort), "--tls-ca-cert-file", TLS.ca, "--tls-cert-file", TLS.cert];
  const redis = await startRedis({ args: [...tls, "--tls-key-file", TLS.key, "--aclfile", users] });
  const nats = await startNats({ args: ["-c", conf] });
  const settings = (role: (typeof SERVICES)[number]) => ({
    ...CERTIFICATES,
    REDIS_URL: `rediss://${role}:${passwordOf(role)}@127.0.0.1:${tlsPort}`,
    NATS_URL: `tls://${role}:${passwordOf(role)}@${NATS_NAME}:${nats.port}`,
    NATS_INBOX_PREFIX: inboxOf(role),
    ...options.envOf?.[role],
  });
  const cluster = await start({
    ...options,
    // Of a machine that does other work.
    readyTimeoutMs: 300_000,
    redis,
    nats,
    env: { ...options.env, INSTALL },
    envOf: { edge: settings("edge"), presence: settings("presence"), notifier: settings("notifier") },
  });
  const stop = async () => {
    const admin = redis.connect();
    for (const entry of (await admin.call("ACL", "LOG")) as unknown[][]) {
      const said = entry.map(String);
      if (SERVICES.some((role) => said[said.indexOf("username") + 1] === role)) refused.push(said.join(" "));
    }
    admin.disconnect();
    await cluster.stop();
    await nats.close();
    await redis.close();
  };
  // NATS offers TLS to all, and clients take the offer.
  setDefaultCACertificates([...getCACertificates("default"), readFileSync(TLS.ca, "utf8")]);
  const natsUrl = `nats://${NATS_NAME}:${nats.port}`;
  const own = { install: INSTALL, redis, nats, natsUrl, stop, [Symbol.asyncDispose]: stop };
  return Object.create(cluster, Object.getOwnPropertyDescriptors(own)) as Cluster;
}
