import { describe, expect, test } from "vitest";
import { isAtLeast, judgeLayout, judgeNats, judgeRedis } from "./finding.ts";

const healthyRedis = { version: "7.2.4", maxmemoryPolicy: "noeviction", appendonly: "yes", skewMs: 20 };
const neededStreams = ["EVENTS", "ROLLCALL_PRESENCE"];
const healthyNats = {
  version: "2.11.0",
  jetstream: true,
  maxPayload: 1024 * 1024,
  streams: [...neededStreams, "OTHER"],
  neededStreams,
};
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
  test("all well", () => expect(levels(judgeRedis(healthyRedis))).toEqual(["ok", "ok", "ok", "ok"]));
  test.each([
    [{ version: "6.2.0" }, ["bad", "ok", "ok", "ok"]],
    [{ maxmemoryPolicy: "allkeys-lru" }, ["ok", "bad", "ok", "ok"]],
    [{ appendonly: "no" }, ["ok", "ok", "warn", "ok"]],
    [{ skewMs: -90_000 }, ["ok", "ok", "ok", "warn"]],
  ])("%j is found", (change, expected) => {
    const findings = judgeRedis({ ...healthyRedis, ...change });
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
  expect(judgeLayout(mark, layouts)).toMatchObject({ level });
});

describe("nats", () => {
  test("all well", () => expect(levels(judgeNats(healthyNats))).toEqual(["ok", "ok", "ok"]));
  test.each([
    [{ version: "2.9.10" }, ["warn", "ok", "ok"]],
    [{ version: "2.8.0" }, ["bad", "ok", "ok"]],
    [{ maxPayload: 65_536 }, ["ok", "bad", "ok"]],
    [{ jetstream: false }, ["ok", "ok", "bad"]],
    [{ streams: ["EVENTS"] }, ["ok", "ok", "bad"]],
  ])("%j is found", (change, expected) => {
    expect(levels(judgeNats({ ...healthyNats, ...change }))).toEqual(expected);
  });
});
