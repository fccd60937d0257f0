/** NATS with TLS, nkeys, permissions and a JetStream domain: one connection as services make it, on a real server. */

import { deepEqual, equal, match, rejects } from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import {
  commonConfig,
  connectNats,
  defineConfig,
  type Env,
  loadConfig,
  type NatsHandle,
  natsAccessOf,
  request,
  serve,
} from "@rollcall/runtime";
import { type NatsServer, removeFolder, startNats, tempFolder, waitFor } from "@rollcall/testkit";
import { afterAll, afterEach, beforeAll, test } from "vitest";
import { recordedLogger } from "./quiet.ts";

const file = (name: string) => join(import.meta.dirname, "tls", `${name}.pem`);
/** Made for this test; it opens nothing else. */
const USER = "UCRVBXWS5GQHMSOM4AYQJCGDPX6TMJPUNAXH4A64A47B7N3MNQLDGJB5";
const SEED = "SUAA6PTQ4LTFP2RQYEX4JH7FWG3WBFX34ZXIETYS5HN7H3JZO7MGCD2KVI";
const OTHER_SEED = SEED.replace("SUAA6", "SUAA7");

const CONFIG = `
tls { ca_file: "${file("ca")}", cert_file: "${file("server-cert")}", key_file: "${file("server-key")}", verify: true }
jetstream { domain: hub }
authorization {
  users = [{
    nkey: ${USER}
    permissions { publish: [">"], subscribe: ["_R.>", "door"] }
  }]
}
`;

let nats: NatsServer;
let folder: string;
const open: NatsHandle[] = [];
beforeAll(async () => {
  folder = tempFolder("nats-access");
  const path = join(folder, "nats.conf");
  writeFileSync(path, CONFIG);
  nats = await startNats({ args: ["-c", path] });
});
afterEach(async () => {
  for (const handle of open.splice(0)) await handle.close();
});
afterAll(async () => {
  await nats.close();
  removeFolder(folder);
});

const settings = () => ({
  NATS_URL: `tls://localhost:${nats.port}`,
  NATS_NKEY: SEED,
  NATS_TLS_CA: file("ca"),
  NATS_TLS_CERT: file("client-cert"),
  NATS_TLS_KEY: file("client-key"),
  NATS_INBOX_PREFIX: "_R",
  NATS_JS_DOMAIN: "hub",
});

/** Long enough for a slow machine where there is a connection; where there is none, that is known sooner. */
async function connect(env: Env, patienceMs = 20_000): Promise<NatsHandle> {
  const { NATS_URL: url, ...more } = loadConfig(defineConfig(commonConfig), env);
  const { logger } = recordedLogger();
  const signal = AbortSignal.timeout(patienceMs);
  const handle = await connectNats({ url, name: "test", logger, access: natsAccessOf(more), signal });
  open.push(handle);
  return handle;
}

test("the certificate, the nkey, the inbox prefix and the domain each do their part", async () => {
  const handle = await connect(settings());
  const { logger } = recordedLogger();
  const door = serve(handle.nc, "door", { logger }, () => ({ yes: true }));
  deepEqual(await request(handle.nc, "door", {}, { timeoutMs: 20_000 }), { yes: true });
  const manager = await jetstreamManager(handle.nc, handle.jetStream);
  await manager.streams.add({ name: "S", subjects: ["s"] });
  equal((await jetstream(handle.nc, handle.jetStream).publish("s", "1")).domain, "hub");
  await door.close();
});

test("without the inbox prefix no answer may be listened to", async () => {
  const handle = await connect({ ...settings(), NATS_INBOX_PREFIX: "" });
  await rejects(request(handle.nc, "door", {}, { timeoutMs: 500 }));
});

test("another domain is no JetStream", async () => {
  const handle = await connect({ ...settings(), NATS_JS_DOMAIN: "elsewhere" });
  await rejects(jetstreamManager(handle.nc, handle.jetStream));
});

test.each([
  ["no nkey", { NATS_NKEY: "" }],
  ["no certificate of ours", { NATS_TLS_CERT: "", NATS_TLS_KEY: "" }],
  ["an authority nobody knows", { NATS_TLS_CA: "" }],
])("with %s there is no connection", async (_what, change) => {
  await rejects(connect({ ...settings(), ...change }, 2_000), /aborted|timeout/i);
});

test("credentials that are away or broken for a while end no connection: what they held goes on, and it is said", async () => {
  const server = await startNats({ jetstream: false });
  const creds = join(folder, "user.creds");
  const content = `-----BEGIN NATS USER JWT-----\neyJ0\n------END NATS USER JWT------\n\n-----BEGIN USER NKEY SEED-----\n${SEED}\n------END USER NKEY SEED------\n`;
  writeFileSync(creds, content);
  const { logger, events } = recordedLogger();
  const access = natsAccessOf({ NATS_CREDS: creds });
  const handle = await connectNats({ url: server.url, name: "test", logger, access });
  open.push(handle);
  let said = 0;
  for (const change of [() => rmSync(creds), () => writeFileSync(creds, content.slice(0, 40))]) {
    change();
    await server.restart();
    await waitFor(() => events().filter((event) => event === "nats.ready").length === said + 2, { timeoutMs: 20_000 });
    said++;
    equal(events().filter((event) => event === "nats.credentials_unreadable").length >= said, true);
  }
  equal(handle.isUp(), true);
  await server.close();
});

test("credentials that are not there, or none, are refused at once", async () => {
  const creds = join(folder, "none.creds");
  await rejects(connect({ NATS_CREDS: creds }), /NATS_CREDS cannot be read: .*none.creds \(ENOENT\)/);
  writeFileSync(creds, "none");
  await rejects(connect({ NATS_CREDS: creds }), /NATS_CREDS holds no credentials of a user: .*none.creds/);
});

test("a seed that is none is refused at once, and not shown", async () => {
  await rejects(connect({ ...settings(), NATS_NKEY: OTHER_SEED }), (error: Error) => {
    match(error.message, /NATS_NKEY/);
    equal(error.message.includes(OTHER_SEED), false);
    return true;
  });
});
