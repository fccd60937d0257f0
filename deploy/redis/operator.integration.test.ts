/** Every command that a page gives for Redis is one that the user `operator` may give, and no more. */

import { globSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type RedisServer, startRedis, tempFolder } from "@rollcall/testkit";
import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, test } from "vitest";
import { renderAcl } from "./acl.ts";

const ROOT = join(import.meta.dirname, "../..");
const LOG = "{rollcall:c0}:log:0";
const USER = "{rollcall:c0}:u:main:ada";

/** What its own options ask. */
const OPTIONS: Record<string, string[]> = {
  "--latency": ["ping"],
  "--bigkeys": ["dbsize", "scan 0", ...["type", "hlen", "memory usage"].map((ask) => `${ask} ${USER}`), `xlen ${LOG}`],
};

/** What follows `redis-cli`. */
const COMMANDS = globSync(["docs/notifications.md", "docs/operations/runbooks/*.md"], { cwd: ROOT }).flatMap((page) =>
  [...readFileSync(join(ROOT, page), "utf8").matchAll(/redis-cli ([^|`\n]+)/g)].map(([, rest]): [string, string] => {
    const words = rest!
      .replaceAll(/-[iu] \S+/g, "")

      .replaceAll("'", "");
    return [page, words.trim()];
  }),
);

let server: RedisServer;
let operator: Redis;
beforeAll(async () => {
  const aclfile = join(tempFolder("operator"), "users.acl");
  const users = renderAcl("rollcall", (role) => `password-of-${role}`).replace("user default off", "");
  writeFileSync(aclfile, `user default on nopass ~* &* +@all${users}`);
  server = await startRedis({ args: ["--aclfile", aclfile] });
  const admin = server.connect();
  await admin.xadd(LOG, "*", "f", "v");
  await admin.hset(USER, "f", "v");
  admin.disconnect();
  operator = new Redis(server.url, { username: "operator", password: "password-of-operator" });
});
afterAll(async () => {
  operator.disconnect();
  await server.close();
});

const say = (words: string) => {
  const [command, ...args] = words.split(" ");
  return operator.call(command!, ...args);
};

test("the pages have some", () => {
  expect(COMMANDS.length).toBeGreaterThan(8);
});

test.each(COMMANDS)("%s: %s", async (_, words) => {
  for (const question of OPTIONS[words] ?? [words]) await expect(say(question), question).resolves.toBeDefined();
});

test.each([
  `xadd ${LOG} * f v`,
  `del ${LOG}`,
  `xtrim ${LOG} MAXLEN 0`,
  `hgetall ${USER}`,
  `hmget ${USER} f`,
  "strlen elsewhere",
  "client kill TYPE normal",
  "config set maxmemory 1",
  "acl setuser operator +@all",
  "eval return 1 0",
  "flushall",
  "keys *",
])("it may not %s", async (words) => {
  await expect(say(words)).rejects.toThrow(/NOPERM/);
});
