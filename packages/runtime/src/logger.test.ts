import { deepEqual, equal, match, notEqual, ok } from "node:assert/strict";
import { RollcallError } from "@rollcall/contracts";
import { startSpan, withSpan } from "@rollcall/telemetry";
import { startTelemetry } from "@rollcall/telemetry/tracing";
import { describe, test } from "vitest";
import { createLogger, describeError, hashUser, type LoggerOptions } from "./logger.ts";
import { ManualClock } from "./manual-clock.ts";

function capture(options: Partial<LoggerOptions> = {}) {
  const lines: string[] = [];
  const logger = createLogger({
    service: "rollcall-edge",
    instance: "edge-1",
    destination: { write: (line) => void lines.push(line) },
    ...options,
  });
  return { logger, lines, last: () => JSON.parse(lines.at(-1) as string) as Record<string, unknown> };
}

test("a line is JSON with service, instance, level, time, event and message", () => {
  const { logger, last } = capture();
  logger.info({ event: "room.joined", code: "OK" }, "joined");
  const { time, ...rest } = last();
  deepEqual(rest, {
    level: "info",
    service: "rollcall-edge",
    instance: "edge-1",
    event: "room.joined",
    code: "OK",
    message: "joined",
  });
  ok(!Number.isNaN(Date.parse(String(time))));
});

test("lines below the level are not written", () => {
  const { logger, lines } = capture({ level: "warn" });
  logger.info("quiet");
  logger.warn("loud");
  equal(lines.length, 1);
});

describe("[X4] nothing of a person or a key is in a line", () => {
  test("user ids are hashed, with the key of the installation", () => {
    const { logger, last, lines } = capture({ hashKey: "k1" });
    logger.info({ user: "alice@example.org" }, "hello");
    equal(last().user, hashUser("alice@example.org", "k1"));
    notEqual(hashUser("alice@example.org", "k1"), hashUser("alice@example.org", "k2"));
    ok(!lines.join("").includes("alice"));
  });

  test("tokens and payloads are hidden at the first two levels", () => {
    const { logger, lines } = capture();
    for (const field of ["token", "grant", "payload", "data", "info", "auth", "authorization", "cookie", "password"]) {
      logger.info({ [field]: "SECRET", request: { [field]: "SECRET" } });
    }
    ok(!lines.join("").includes("SECRET"));
  });

  test("an address is told without its keys", () => {
    const { logger, lines } = capture();
    const error = new Error("no answer of https://user:SECRET@host/keys?key=SECRET or nats://SECRET@host:4222");
    logger.error({ error }, "failed");
    ok(!lines.join("").includes("SECRET"), lines.join(""));
    match(lines.join(""), /https:\/\/\*\*\*@host\/keys\?\*\*\* or nats:\/\/\*\*\*@host:4222/);
  });

  test("children of a logger do the same", () => {
    const { logger, lines } = capture();
    logger.child({ edge: "e" }).info({ user: "SECRET", token: "SECRET" });
    ok(!lines.join("").includes("SECRET"));
  });

  test("errors lose the command they carry and the text they quote", () => {
    const { logger, lines } = capture();
    const withCommand = Object.assign(new Error("ERR failed"), { command: { name: "set", args: ["SECRET"] } });
    logger.error({ error: withCommand }, "failed");
    try {
      JSON.parse('{"a": SECRET}');
    } catch (error) {
      logger.error({ error }, "failed");
      logger.error({ error: new RollcallError("INTERNAL", { cause: error }) }, "failed");
    }
    logger.error({ error: "SECRET" }, "failed");
    equal(lines.length, 4);
    ok(!lines.join("").includes("SECRET"));
  });
});

test("an error is described by type, message, code, frames and causes, to a depth", () => {
  const described = describeError(new RollcallError("UNAVAILABLE", { cause: new TypeError("inner") }));
  equal(described.type, "RollcallError");
  equal(described.code, "UNAVAILABLE");
  match(described.stack ?? "", /^ {4}at /);
  equal(described.cause?.message, "inner");
  const endless = new Error("loop");
  endless.cause = endless;
  let depth = 0;
  for (let at = describeError(endless).cause; at !== undefined; at = at.cause) depth++;
  equal(depth, 4);
  equal(describeError(new Error("x".repeat(10_000))).message.length, 500);
});

test("a line written inside a span, also after an await, carries its trace id", async () => {
  const telemetry = startTelemetry({ service: "s", instance: "i", ratio: 0, clock: new ManualClock() });
  const { logger, last } = capture();
  const span = startSpan("emit", "order:shipped");
  await withSpan(span, async () => {
    await Promise.resolve();
    logger.info("inside");
  });
  equal(last().trace_id, span.traceId);
  logger.info("outside");
  equal("trace_id" in last(), false);
  await telemetry.shutdown();
});

describe("what repeats is told now and then", () => {
  test("with how many there were meanwhile; each event for itself, in children too", async () => {
    const clock = new ManualClock();
    const { logger, lines, last } = capture({ clock });
    for (let i = 0; i < 500; i++) logger.child({ edge: "e" }).warn({ event: "a.b", i }, "again");
    equal(lines.length, 100);
    logger.warn({ event: "c.d" }, "another");
    equal(lines.length, 101);
    await clock.advance(1_000);
    logger.warn({ event: "a.b", code: "OK" }, "again");
    deepEqual([last().event, last().code, last().repeats, last().message], ["a.b", "OK", 400, "again"]);
  });

  test("but what was asked for, what ends the process, and what has no event is told each time", () => {
    const { logger, lines } = capture({ clock: new ManualClock(), level: "trace" });
    for (let i = 0; i < 200; i++) {
      logger.trace({ event: "a.b" }, "again");
      logger.debug({ event: "a.b" }, "again");
      logger.fatal({ event: "a.b" }, "again");
      logger.info("again");
    }
    equal(lines.length, 800);
  });
});
