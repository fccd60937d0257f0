import { deepEqual, equal, throws } from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, test } from "vitest";
import { mistakesOf as mistakes } from "../test/mistakes.ts";
import {
  defineConfig,
  describeConfig,
  duration,
  flag,
  integer,
  list,
  loadConfig,
  number,
  oneOf,
  optionalFile,
  optionalSecret,
  optionalText,
  parseDurationMs,
  printableConfig,
  secret,
  text,
} from "./config.ts";
import { sumAtLeast } from "./relations.ts";

const folder = mkdtempSync(join(tmpdir(), "rollcall-config-"));
afterAll(() => rmSync(folder, { recursive: true }));
const fileWith = (content: string) => {
  const path = join(folder, `f${content.length}`);
  writeFileSync(path, content);
  return path;
};

const description = "A setting.";
const schema = defineConfig(
  {
    properties: {
      COUNT: integer({ default: 3, minimum: 1, maximum: 10, description }),
      RATIO: number({ default: 0.5, maximum: 1, description }),
      DEBUG: flag({ default: false, description }),
      NAME: text({ default: "main", pattern: "^[a-z]+$", description }),
      NOTE: optionalText({ description }),
      MODE: oneOf(["fast", "safe"], { default: "safe", description }),
      PATHS: list({ default: [], description }),
      COLORS: list({ of: ["red", "blue"], default: [], description }),
      TTL: duration({ default: 1_000, minimum: 10, description }),
      URL_A: secret({ default: "redis://localhost:6379", description }),
      KEY: optionalSecret({ description }),
    },
  },
  {
    properties: { LIMIT: integer({ default: 5, description }) },
    relations: [sumAtLeast("COUNT must not exceed LIMIT", { COUNT: -1, LIMIT: 1 })],
  },
);

const mistakesOf = (env: Record<string, string>) => mistakes(() => loadConfig(schema, env));

test("defaults complete what is absent or empty; optional settings stay absent", () => {
  const config = loadConfig(schema, { NAME: "", UNKNOWN: "ignored" });
  deepEqual(
    { ...config },
    {
      COUNT: 3,
      RATIO: 0.5,
      DEBUG: false,
      NAME: "main",
      MODE: "safe",
      PATHS: [],
      COLORS: [],
      TTL: 1_000,
      URL_A: "redis://localhost:6379",
      LIMIT: 5,
    },
  );
  throws(() => Object.assign(config, { COUNT: 1 }), TypeError);
});

test("text becomes the setting's type", () => {
  const config = loadConfig(schema, { COUNT: "4", RATIO: "0.25", DEBUG: "true", PATHS: "a, b,,c", TTL: "2m" });
  const typed: [number, number, boolean, string[], number] = [
    config.COUNT,
    config.RATIO,
    config.DEBUG,
    config.PATHS,
    config.TTL,
  ];
  deepEqual(typed, [4, 0.25, true, ["a", "b", "c"], 120_000]);
});

describe("a bad value is named, all of them at once, and no value is quoted", () => {
  const bad: [string, string, RegExp][] = [
    ["COUNT", "four", /^COUNT /],
    ["COUNT", "0", /^COUNT .*1/],
    ["COUNT", "11", /^COUNT .*10/],
    ["COUNT", "1.5", /^COUNT .*integer/],
    ["COUNT", "0x4", /^COUNT /],
    ["COUNT", " 4", /^COUNT /],
    ["RATIO", "Infinity", /^RATIO /],
    ["RATIO", "1.01", /^RATIO /],
    ["DEBUG", "yes", /^DEBUG /],
    ["NAME", "Main", /^NAME /],
    ["NAME", "main\n", /^NAME /],
    ["MODE", "quick", /^MODE /],
    ["COLORS", "red,green", /^COLORS must be one of .*blue/],
    ["TTL", "5", /^TTL must be a duration/],
    ["TTL", "5ms", /^TTL .*10/],
  ];
  test.each(bad)("%s=%s", (name, value, message) => {
    const mistakes = mistakesOf({ [name]: value });
    equal(mistakes.length, 1);
    equal(message.test(mistakes[0] as string), true, mistakes[0]);
  });

  test("together", () => {
    equal(mistakesOf({ COUNT: "x", MODE: "y", TTL: "z" }).length, 3);
  });
});

test("relations are told beside other mistakes, where their own settings are good, and name both", () => {
  deepEqual(mistakesOf({ COUNT: "6" }), ["COUNT must not exceed LIMIT (COUNT=6 LIMIT=5)"]);
  equal(mistakesOf({ COUNT: "six", LIMIT: "1" }).length, 1);
  deepEqual(mistakesOf({ COUNT: "6", DEBUG: "yes" }), [
    "DEBUG must be boolean",
    "COUNT must not exceed LIMIT (COUNT=6 LIMIT=5)",
  ]);
});

test("a secret may come from a file; both at once, or an unreadable one, is a mistake", () => {
  equal(loadConfig(schema, { KEY_FILE: fileWith("hidden\n") }).KEY, "hidden");
  deepEqual(mistakesOf({ KEY: "a", KEY_FILE: fileWith("b") }), ["KEY and KEY_FILE are both set: keep one"]);
  deepEqual(mistakesOf({ KEY_FILE: join(folder, "absent") }), [
    `KEY_FILE cannot be read: ${join(folder, "absent")} (ENOENT)`,
  ]);
  deepEqual(mistakesOf({ NAME_FILE: join(folder, "absent") }), []);
});

test("a file's settings stand under the environment's, its secrets too; an unreadable one is a mistake", () => {
  const SETTINGS_FILE = fileWith('# limits\nCOUNT=4\nexport RATIO="0.25"\nTTL=2m # two\nKEY=hidden\nOTHER=ignored\n');
  const { COUNT, RATIO, TTL, KEY, LIMIT } = loadConfig(schema, { SETTINGS_FILE, RATIO: "0.75", COUNT: "" });
  deepEqual([COUNT, RATIO, TTL, KEY, LIMIT], [4, 0.75, 120_000, "hidden", 5]);
  deepEqual(
    mistakesOf({ SETTINGS_FILE: fileWith("COUNT=four\n") }).map((text) => text.split(" ")[0]),
    ["COUNT"],
  );
  deepEqual(mistakesOf({ SETTINGS_FILE: join(folder, "absent") }), [
    `SETTINGS_FILE cannot be read: ${join(folder, "absent")} (ENOENT)`,
  ]);
});

test("a file that a setting names must be there where it will be read, and only there", () => {
  const withFiles = defineConfig({
    properties: { CA: optionalFile({ description }), KEYS: optionalFile({ description }) },
  });
  const absent = join(folder, "absent");
  equal(loadConfig(withFiles, { CA: absent }).CA, absent);
  equal(loadConfig(withFiles, { CA: fileWith("x") }, { files: true }).KEYS, undefined);
  deepEqual(
    mistakes(() => loadConfig(withFiles, { CA: absent, KEYS: folder }, { files: true })),
    [`CA cannot be read: ${absent} (ENOENT)`, `KEYS cannot be read: ${folder} (EISDIR)`],
  );
});

test("a later fragment replaces a setting of an earlier one", () => {
  const other = defineConfig(
    { properties: { A: integer({ default: 1, description }) } },
    {
      properties: { A: integer({ default: 2, description }) },
    },
  );
  equal(loadConfig(other, {}).A, 2);
});

test("printing masks secrets but shows where a URL points", () => {
  const env = { URL_A: "rediss://user:pass@host:1234/0?password=x", KEY: "k", TTL: "5s", PATHS: "a,b" };
  const printed = new Map(printableConfig(schema, loadConfig(schema, env)).map(({ name, value }) => [name, value]));
  equal(printed.get("URL_A"), "rediss://user:***@host:1234/0");
  equal(printed.get("KEY"), "***");
  equal(printed.get("TTL"), "5000ms");
  equal(printed.get("PATHS"), "a,b");
  equal(printed.get("NOTE"), "");
  const token = printableConfig(schema, loadConfig(schema, { URL_A: "nats://token@host:4222" }));
  equal(token.find(({ name }) => name === "URL_A")?.value, "nats://***@host:4222");
  const servers = printableConfig(schema, loadConfig(schema, { URL_A: "nats://a:b@x:1,nats://c:d@y:2" }));
  equal(servers.find(({ name }) => name === "URL_A")?.value, "***");
});

test("printing an address that is no secret leaves out its keys, and nothing else", () => {
  const plain = defineConfig({ properties: { JWKS: optionalText({ description }) } });
  const shown = (JWKS: string) => printableConfig(plain, loadConfig(plain, { JWKS }))[0]?.value;
  equal(shown("https://user:key@issuer/keys?key=key"), "https://user:***@issuer/keys");
  for (const whole of ["https://issuer", "https://issuer/keys", "/etc/keys.json", "a://b ? c"])
    equal(shown(whole), whole);
});

test("a setting that is the same everywhere says so, and a list says what may be in it", () => {
  const schema = defineConfig({
    properties: {
      SIZE: integer({ same: true, default: 1, description }),
      COLORS: list({ of: ["red", "blue"], default: [], description }),
    },
  });
  const [size, colors] = describeConfig(schema);
  deepEqual([size?.same, size?.description], [true, "A setting. The same in every service."]);
  deepEqual([colors?.same, colors?.description, colors?.range], [false, "A setting.", "red, blue"]);
});

test("durations", () => {
  deepEqual(
    ["1500ms", "30s", "5m", "24h", "7d", "0s"].map(parseDurationMs),
    [1_500, 30_000, 300_000, 86_400_000, 604_800_000, 0],
  );
  deepEqual(["", "5", "s", "-1s", "1.5s", "5 s", "1w"].map(parseDurationMs), Array(7).fill(undefined));
});
