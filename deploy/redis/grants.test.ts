import { globSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { renderAcl } from "./acl.ts";
import { REDIS_ROLES, type RedisRole, redisGrantsOf } from "./grants.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const grants = redisGrantsOf("rollcall");
const PREFIX = "{rollcall:c0}:";

function scriptsOf(service: string): { file: string; text: string }[] {
  const files = globSync(`services/${service}/src/**/*.lua`, { cwd: root });
  return files.map((file) => ({ file, text: readFileSync(`${root}${file}`, "utf8") }));
}

/** Glob of Redis: `*` any run, `?` one character; no key of ours has its other special characters. */
const covers = (pattern: string, key: string) =>
  new RegExp(
    `^${pattern
      .replaceAll(/[.+^$()|[\]\\{}]/g, "\\$&")
      .replaceAll("*", ".*")
      .replaceAll("?", ".")}$`,
  ).test(key);
const mayTouch = (role: RedisRole, key: string) =>
  grants[role].some(({ keys }) => keys.some((pattern) => covers(pattern, key)));

describe("what a service may do in Redis", () => {
  it.each(["presence", "notifier"] as const)("every command the scripts of %s call is granted", (service) => {
    const scripts = scriptsOf(service);
    expect(scripts.length).toBeGreaterThan(5);
    for (const { file, text } of scripts) {
      for (const [, command, sub] of text.matchAll(/redis\.p?call\("(\w+)"(?:, "([A-Z]+)")?/g)) {
        const name = command!.toLowerCase();
        const wanted = name === "xinfo" ? `xinfo|${sub!.toLowerCase()}` : name;
        expect(grants[service][0]!.commands, `${file} calls ${wanted}`).toContain(wanted);
      }
    }
  });

  it("every key the scripts of presence derive is granted", () => {
    for (const { file, text } of scriptsOf("presence")) {
      for (const [, name] of text.matchAll(/prefix \.\. "([a-z]+:?)/g)) {
        const key = `${PREFIX}${name}${name!.endsWith(":") ? "x" : ""}`;
        expect(mayTouch("presence", key), `${file} derives ${key}`).toBe(true);
      }
    }
  });

  it.each([
    ["edge", "epoch"],
    ["edge", "s:main:/:ada:0123456789abcdef"],
    ["edge", "revocations"],
    ["edge", "bull:fallback:1"],
    ["notifier", "epoch"],
    ["notifier", "r:main:/:doc:roster"],
    ["presence", "inbox-epoch"],
    ["presence", "bull:fallback:1"],
    ["watcher", "u:main:ada"],
  ] as const)("%s does not touch %s", (role, key) => {
    expect(mayTouch(role, `${PREFIX}${key}`)).toBe(false);
  });

  it.each(Object.keys(grants) as RedisRole[])("%s touches no other installation, and administers nothing", (role) => {
    expect(mayTouch(role, "{other:c0}:log:0")).toBe(false);
    for (const { commands } of grants[role]) {
      for (const command of ["keys", "flushall", "config", "acl", "debug", "shutdown", "replicaof", "@all", "@admin"]) {
        expect(commands).not.toContain(command);
      }
    }
  });

  it.each(["watcher", "operator"] as const)("a %s writes nothing", (role) => {
    const commands = grants[role].flatMap((grant) => grant.commands);
    for (const command of ["xadd", "hset", "del", "set", "eval", "evalsha", "@write"]) {
      expect(commands).not.toContain(command);
    }
  });
});

it("the committed file is what the grants say, and lets nobody in", () => {
  const file = readFileSync(new URL("acl.conf", import.meta.url), "utf8");
  expect(file).toBe(renderAcl("rollcall"));
  expect(file).not.toMatch(/nopass|[#>]\w/);
});

it("passwords are written as hashes", () => {
  const text = renderAcl("rollcall", (role) => `secret of ${role}`);
  expect(text).not.toContain("secret");
  expect(text.match(/ #[0-9a-f]{64} /g)).toHaveLength(REDIS_ROLES.length);
});
