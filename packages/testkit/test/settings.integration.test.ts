/** Every service says what it can be told, and what it was told, without showing what nobody may see. */

import { deepEqual, equal, ok } from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { REPOSITORY } from "@rollcall/testkit";
import { test } from "vitest";

const run = promisify(execFile);
const print = (service: string, flag: string, env: Record<string, string> = {}) =>
  run(process.execPath, [join(REPOSITORY, "services", service, "src/main.ts"), ...(flag === "" ? [] : [flag])], {
    env: { PATH: process.env.PATH, NODE_COMPILE_CACHE: join(REPOSITORY, ".rollcall/compile-cache"), ...env },
  });
const SECRET = "hunter2";

test("--help needs no settings", async () => {
  const { stdout } = await print("presence", "--help");
  for (const part of ["REDIS_URL", "text, secret", "What must hold between them"]) ok(stdout.includes(part), part);
});

test("--print-config masks secrets and shows the rest", async () => {
  const env = {
    REDIS_URL: `redis://user:${SECRET}@redis.example:6379`,
    NATS_URL: `nats://${SECRET}@nats.example:4222`,
    NATS_NKEY: SECRET,
    LOG_HASH_KEY: SECRET,
    JWKS: "/keys.json",
    ROLLCALL_ENV: "development",
  };
  const printed = await Promise.all(["edge", "presence", "notifier"].map((name) => print(name, "--print-config", env)));
  for (const { stdout } of printed) {
    ok(stdout.includes("REDIS_URL=redis://user:***@redis.example:6379"));
    ok(stdout.includes("ROLLCALL_ENV=development"));
    equal(stdout.includes(SECRET), false);
  }
}, 60_000);

test("what only the program can check ends the start with 78 as well, and names the setting", async () => {
  const env = { NATS_NKEY: SECRET, JWKS: "/keys.json", ROLLCALL_ENV: "development", INTERNAL_PORT: "0" };
  for (const name of ["edge", "presence", "notifier"]) {
    const ended = await print(name, "", env).then(
      () => undefined,
      (error: { code: number; stdout: string }) => error,
    );
    equal(ended?.code, 78, name);
    const fatal = ended.stdout.split("\n").find((line) => line.includes("service.start_failed"));
    deepEqual((JSON.parse(fatal!) as { mistakes: unknown }).mistakes, ["NATS_NKEY is no seed of a user's nkey"], name);
    equal(ended.stdout.includes(SECRET), false);
  }
}, 60_000);
