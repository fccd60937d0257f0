import { equal } from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, test } from "vitest";
import { redisOptions, renewing } from "./redis-options.ts";
import { isFromFile, readSecret, renewed } from "./secret-file.ts";

const folder = mkdtempSync(join(tmpdir(), "rollcall-secret-file-"));
afterAll(() => rmSync(folder, { recursive: true }));
const file = join(folder, "url");

test("a secret from a file is what the file holds now; while it cannot be read, or is empty, what it held first", () => {
  writeFileSync(file, "first of this test\n");
  const secret = readSecret(file);
  equal(renewed(secret), "first of this test");
  writeFileSync(file, "second\n");
  equal(renewed(secret), "second");
  writeFileSync(file, "");
  equal(renewed(secret), secret);
  rmSync(file);
  equal(renewed(secret), secret);
});

test("a secret from elsewhere stays", () => {
  equal(isFromFile("said in the environment"), false);
  equal(renewed("said in the environment"), "said in the environment");
});

test("a Redis client reconnects as who its file says now, also by copied options; nonsense changes nothing", () => {
  writeFileSync(file, "redis://edge:a%2Fb@host:6379");
  const options = { ...renewing(readSecret(file), redisOptions("test")) };
  const retry = () => options.retryStrategy!(1);
  equal(retry(), redisOptions("test").retryStrategy!(1));
  equal([options.username, options.password].join(), "edge,a/b");
  writeFileSync(file, "redis://edge2:c@host:6379");
  retry();
  equal([options.username, options.password].join(), "edge2,c");
  writeFileSync(file, "redis://[");
  retry();
  equal([options.username, options.password].join(), "edge2,c");
});
