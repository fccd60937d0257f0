import { describe, expect, test } from "vitest";
import { isAtLeast, judgeAccount, judgeAcl, judgeLayout, judgeNats, judgeRedis, judgeStream } from "./finding.ts";

const roomy = { used: 50, max: 100, refusals: 0 };
const healthyRedis = { version: "7.2.4", maxmemoryPolicy: "noeviction", memory: roomy, appendonly: true, skewMs: 20 };
const healthyNats = { version: "2.11.0", jetstream: true, maxPayload: 1024 * 1024 };
const levels = (findings: { level: string }[]) => findings.map(({ level }) => level);

test.each([
  ["7.0.0", "7.0.0", true],
  ["7.0.15", "7.0.2", true],
  ["10.0", "9.9.9", true],
  ["6.2.14", "7.0.0", false],
  ["7", "7.0.1", false],
])("%s is at least %s: %s", (version, minimum, expected) => {
  expect(isAtLeast(version, minimum)).toBe(expected);
});

describe("redis", () => {
  test("all well", () => expect(levels(judgeRedis("redis", healthyRedis))).toEqual(["ok", "ok", "ok", "ok", "ok"]));
  test.each([
    [{ version: "6.2.0" }, ["bad", "ok", "ok", "ok", "ok"]],
    [{ maxmemoryPolicy: "allkeys-lru" }, ["ok", "bad", "ok", "ok", "ok"]],
    [{ maxmemoryPolicy: "volatile-ttl" }, ["ok", "bad", "ok", "ok", "ok"]],
    [{ memory: { ...roomy, used: 89, refusals: 3 } }, ["ok", "ok", "ok", "ok", "ok"]],
    [{ memory: { ...roomy, used: 90 } }, ["ok", "ok", "warn", "ok", "ok"]],
    [{ memory: { ...roomy, used: 90, refusals: 3 } }, ["ok", "ok", "bad", "ok", "ok"]],
    [{ memory: { ...roomy, used: 101 } }, ["ok", "ok", "bad", "ok", "ok"]],
    [{ memory: { ...roomy, max: 0 } }, ["ok", "ok", "ok", "ok", "ok"]],
    [{ appendonly: false }, ["ok", "ok", "ok", "warn", "ok"]],
    [{ skewMs: -90_000 }, ["ok", "ok", "ok", "ok", "warn"]],
  ])("%j is found", (change, expected) => {
    const findings = judgeRedis("redis", { ...healthyRedis, ...change });
    expect(levels(findings)).toEqual(expected);
    for (const { level, todo } of findings) expect(todo === undefined).toBe(level === "ok");
  });
});

test.each([
  [{ lowest: 1, highest: 1 }, { oldest: 1, newest: 1, writes: 1 }, "ok"],
  [{ lowest: 1, highest: 2 }, { oldest: 1, newest: 1, writes: 1 }, "bad"],
  [{ lowest: 1, highest: 2 }, { oldest: 2, newest: 2, writes: 2 }, "bad"],
  [{ lowest: 1, highest: 2 }, { oldest: 1, newest: 2, writes: 2 }, "warn"],
  [{ lowest: 1, highest: 2 }, { oldest: 1, newest: 2, writes: 1 }, "ok"],
])("records with layouts %j for a release of %j: %s", (mark, layouts, level) => {
  expect(judgeLayout("redis", mark, layouts)).toMatchObject({ level });
});

describe("nats", () => {
  test("all well", () => expect(levels(judgeNats(healthyNats))).toEqual(["ok", "ok"]));
  test.each([
    [{ version: "2.9.10" }, ["ok", "ok"]],
    [{ version: "2.8.0" }, ["bad", "ok"]],
    [{ maxPayload: 65_536 }, ["ok", "bad"]],
    [{ jetstream: false }, ["ok", "ok", "bad"]],
  ])("%j is found", (change, expected) => {
    expect(levels(judgeNats({ ...healthyNats, ...change }))).toEqual(expected);
  });
});

test.each([
  [{}, "ok"],
  [{ maxStorage: 1_000 }, "ok"],
  [{ maxStorage: 1_000, storage: 801 }, "warn"],
])("a JetStream account with %j: %s", (change, level) => {
  expect(judgeAccount({ storage: 100, maxStorage: -1, streams: 4, maxStreams: -1, ...change })).toMatchObject({
    level,
  });
});

test.each([
  [{}, "ok"],
  [{ subjects: ["x.>", "a.>"] }, "ok"],
  [{ subjects: ["b.>"] }, "bad"],
  [{ retention: "workqueue" }, "bad"],
  [{ discard: "new" }, "ok"],
  [{ discard: "new", max_bytes: 1_000 }, "bad"],
  [{ max_msgs: 1_000 }, "ok"],
])("a stream with %j: %s", (change, level) => {
  const config = { subjects: ["a.b.>"], retention: "limits", discard: "old", max_bytes: -1, max_msgs: -1, ...change };
  expect(judgeStream({ name: "S", subject: "a.b.>" }, { config })).toMatchObject({ level });
});

test("a stream or a bucket that is not there, or may not be asked", () => {
  const bucket = judgeStream({ name: "KV_i-notifier", subject: undefined }, undefined);
  expect(bucket).toMatchObject({ level: "bad", message: "no bucket i-notifier" });
  expect(bucket.todo).toContain("STREAMS=create");
  expect(judgeStream({ name: "S", subject: undefined }, undefined)).toMatchObject({ level: "bad" });
  expect(judgeStream({ name: "S", subject: undefined }, "no responders")).toMatchObject({ level: "warn" });
});

test("who asks, and what was refused to whom of late", () => {
  expect(levels(judgeAcl("redis", "default", []))).toEqual(["warn"]);
  const denial = { user: "edge", reason: "command", object: "xread", count: 3, ageS: 9.6 };
  const [asks, told, ...others] = judgeAcl("redis", "admin", [
    denial,
    { ...denial, reason: "auth", object: "AUTH" },
    { ...denial, ageS: 90_000 },
  ]);
  expect(asks).toMatchObject({ level: "ok", message: "is used as the user admin" });
  expect(told).toMatchObject({ level: "warn", message: "refused command xread to edge, 3 times, last 10 s ago" });
  expect(others.map(({ message }) => message)).toEqual(["refused a wrong password to edge, 3 times, last 10 s ago"]);
});
