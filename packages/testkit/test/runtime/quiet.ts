/**
 * The runtime's connections are tested here and not beside their source: they need launched servers, and testkit, which
 * launches them, stands on the runtime.
 */

import { createLogger, type Logger } from "@rollcall/runtime";

/** A logger whose lines a test can read. */
export function recordedLogger(): { logger: Logger; events(): string[]; text(): string } {
  const lines: string[] = [];
  const logger = createLogger({
    service: "rollcall-test",
    instance: "test",
    level: "debug",
    destination: { write: (line) => void lines.push(line) },
  });
  return {
    logger,
    events: () => lines.map((line) => String((JSON.parse(line) as { event?: unknown }).event)),
    text: () => lines.join(""),
  };
}
