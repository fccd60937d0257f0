import { deepEqual, equal } from "node:assert/strict";
import { test } from "vitest";
import { nextLogLevel, turnLogLevel } from "./log-level.ts";
import { createLogger, type LogLevel } from "./logger.ts";

test.each<[LogLevel, LogLevel[]]>([
  ["info", ["debug", "trace", "info", "debug"]],
  ["error", ["debug", "trace", "error", "debug"]],
  ["silent", ["debug", "trace", "silent", "debug"]],
  ["debug", ["trace", "debug", "trace", "debug"]],
  ["trace", ["trace", "trace", "trace", "trace"]],
])("from %s each signal leads to %j", (configured, expected) => {
  let level: string = configured;
  deepEqual(
    expected.map(() => (level = nextLogLevel(level, configured))),
    expected,
  );
});

test("each change is a line, and the new level holds from then on", () => {
  const lines: Record<string, unknown>[] = [];
  const destination = { write: (line: string) => void lines.push(JSON.parse(line)) };
  const logger = createLogger({ service: "s", instance: "i", level: "error", destination });
  logger.debug({ event: "unseen" });
  turnLogLevel(logger, "error");
  logger.debug({ event: "seen" });
  turnLogLevel(logger, "error");
  turnLogLevel(logger, "error");
  logger.debug({ event: "unseen" });
  deepEqual(
    lines.map(({ event }) => event),
    ["log.level", "seen", "log.level", "log.level"],
  );
  equal(lines[0]?.to, "debug");
});
