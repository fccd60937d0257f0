/** Who a command is on NATS: by the same settings as services, asked of a server that lets nobody in without them. */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import { type NatsServer, REPOSITORY, startNats, tempFolder } from "@rollcall/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { contextOf } from "../../test/context.ts";
import { CliError } from "../context.ts";
import { type BusFlags, useBus } from "./connect.ts";

const PASSWORD = "p@ss:word";
/** Made for tests; it opens nothing else. */
const NKEY = "UCRVBXWS5GQHMSOM4AYQJCGDPX6TMJPUNAXH4A64A47B7N3MNQLDGJB5";
const SEED = "SUAA6PTQ4LTFP2RQYEX4JH7FWG3WBFX34ZXIETYS5HN7H3JZO7MGCD2KVI";
const pem = (name: string) => join(REPOSITORY, "packages/testkit/test/runtime/tls", `${name}.pem`);

const folder = tempFolder("cli-bus");
const users = `authorization { users = [
  { user: operator, password: "${PASSWORD}" }
  { nkey: ${NKEY} }
] }`;
let plain: NatsServer;
let secured: NatsServer;

beforeAll(async () => {
  const tls = `tls { ca_file: "${pem("ca")}", cert_file: "${pem("server-cert")}", key_file: "${pem("server-key")}", verify: true }`;
  const conf = file("plain.conf", users);
  const tlsConf = file("tls.conf", `${tls}\njetstream { domain: hub }\n${users}`);
  [plain, secured] = await Promise.all([startNats({ args: ["-c", conf] }), startNats({ args: ["-c", tlsConf] })]);
});
afterAll(async () => {
  await Promise.all([plain.stop(), secured.stop()]);
});

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

/** Resolves when the server has let us in: nobody without a name is. */
const enter = (env: Record<string, string>, flags: Partial<BusFlags> = {}): Promise<void> =>
  useBus({ tenant: "main", ...flags }, contextOf(env), ({ nc }) => nc.flush());

const withUser = () => plain.url.replace("//", `//operator:${encodeURIComponent(PASSWORD)}@`);

test("user and password of the URL: given, of the environment, of a file, of the settings' file", async () => {
  const url = withUser();
  await enter({}, { nats: url });
  await enter({ NATS_URL: url });
  await enter({ NATS_URL_FILE: file("url", `${url}\n`) });
  await enter({ SETTINGS_FILE: file("settings.env", `NATS_URL=${url}\n`) });
  await enter({ NATS_URL_FILE: file("wrong", "nats://nobody:here@127.0.0.1:1") }, { nats: url });
});

test("an nkey from a file, TLS and the domain of JetStream", async () => {
  const env = {
    NATS_URL: `tls://localhost:${secured.port}`,
    NATS_NKEY_FILE: file("seed", `${SEED}\n`),
    NATS_TLS_CA: pem("ca"),
    NATS_TLS_CERT: pem("client-cert"),
    NATS_TLS_KEY: pem("client-key"),
    NATS_JS_DOMAIN: "hub",
  };
  const domain = await useBus({ tenant: "main" }, contextOf(env), async ({ nc, jetStream }) => {
    await (await jetstreamManager(nc, jetStream)).streams.add({ name: "S", subjects: ["s"] });
    return (await jetstream(nc, jetStream).publish("s", "1")).domain;
  });
  expect(domain).toBe("hub");
});

test("who is not let in, and what cannot be read, is said without the password", async () => {
  const failure = async (env: Record<string, string>, flags: Partial<BusFlags> = {}): Promise<CliError> => {
    const error = await enter(env, flags).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(CliError);
    expect((error as CliError).message).not.toContain("secret");
    return error as CliError;
  };
  const wrong = plain.url.replace("//", "//operator:secret@");
  expect(await failure({ NATS_URL: wrong })).toMatchObject({ exitCode: 1 });
  expect((await failure({ NATS_URL: wrong })).message).toMatch(/127\.0\.0\.1:\d+.*Authorization Violation/i);
  expect(await failure({ NATS_URL: "nats://a:secret@x,nats://b:secret@y" })).toMatchObject({ exitCode: 2 });
  expect(await failure({ NATS_URL_FILE: join(folder, "none") })).toMatchObject({ exitCode: 2 });
  expect(await failure({ NATS_URL: plain.url, NATS_NKEY: "secret" })).toMatchObject({ exitCode: 2 });
  expect(await failure({}, { nats: plain.url, creds: join(folder, "none") })).toMatchObject({ exitCode: 2 });
});

test("--creds stands for the user of the settings, wherever they have it from", async () => {
  const env = { NATS_URL: plain.url, NATS_NKEY_FILE: file("nkey", SEED) };
  await expect(enter(env, { creds: join(folder, "none") })).rejects.toThrow(/ENOENT/);
});
