/** Commands under users that NATS denies something: what they print, and with which code they end. */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type NatsServer, REPOSITORY, startNats, tempFolder } from "@rollcall/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runCommandWith } from "../../test/run-command.ts";

let nats: NatsServer;

beforeAll(async () => {
  const conf = join(tempFolder("cli-denied"), "nats.conf");
  const user = (name: string, permissions: string) =>
    `{ user: ${name}, password: pw, permissions: { ${permissions} } }`;
  const users = [
    user("all", 'publish: [">"], subscribe: [">"]'),
    user("mute", 'publish: { deny: [">"] }, subscribe: [">"]'),
    user("deaf", 'publish: [">"], subscribe: ["_INBOX_deaf.>"]'),
  ];
  writeFileSync(conf, `authorization { users = [\n${users.join("\n")}\n] }`);
  nats = await startNats({ args: ["-c", conf] });
});
afterAll(() => nats.stop());

const run = (user: string, args: readonly string[], env: Record<string, string> = {}) => {
  const all = {
    NATS_URL: nats.url.replace("//", `//${user}:pw@`),
    CONTRACTS: join(REPOSITORY, "packages/testkit/contracts"),
    ...env,
  };
  return runCommandWith(all, args);
};
const PUBLISH = ["publish", "order:shipped", "--data", '{"orderId":"1","customer":"ann"}'];
const COMMANDS = [
  PUBLISH,
  ["presence", "get", "ann"],
  ["presence", "list"],
  ["presence", "sessions", "ann"],
  ["presence", "explain", "ann"],
  ["room", "list"],
  ["room", "members", "r"],
  ["room", "state", "r"],
  ["revoke", "ann"],
  ["explain", "1"],
  ["deadletter", "list"],
  ["deadletter", "replay", "1"],
];

test.each(COMMANDS)("%s %s, denied: FORBIDDEN names the subject and what to do, and no stack", async (...args) => {
  const publishing = await run("mute", args);
  expect(publishing.code).toBe(1);
  expect(publishing.stderr).toMatch(
    /^rollcall: FORBIDDEN: NATS does not let this user publish (rollcall|events)\.\S+\n.*deploy\/nats\/README\.md$/,
  );
  const listening = await run("deaf", args);
  expect(listening.code).toBe(1);
  expect(listening.stderr).toMatch(
    /^rollcall: FORBIDDEN: NATS does not let this user listen to _INBOX\.\S+\nNATS_INBOX_PREFIX must be .*$/,
  );
});

test("with its own inbox a user hears that nobody is there, and what no stream takes is said so", async () => {
  const env = { NATS_INBOX_PREFIX: "_INBOX_deaf" };
  expect(await run("deaf", ["presence", "list"], env)).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^rollcall: UNAVAILABLE: /),
  });
  const { code, stderr } = await run("all", PUBLISH);
  expect(code).toBe(1);
  expect(stderr).toMatch(/^rollcall: UNAVAILABLE: nobody takes events\.main\.orders\.shipped: no stream has it/);
});

test("doctor says what it may not ask, and goes on", async () => {
  const { stdout } = await run("mute", ["doctor"]);
  expect(stdout).toMatch(/warn {2}nats +its account cannot be asked: Permissions Violation for Publish/);
  expect(stdout).toMatch(/warn {2}nats +stream EVENTS cannot be asked: Permissions Violation/);
});
