/** The level of a running process, changed by a signal: each one more telling than the last, then what was configured. */

import type { Logger, LogLevel } from "./logger.ts";

/** Not SIGUSR1, which opens Node's debugger. */
export const LOG_LEVEL_SIGNAL = "SIGUSR2";

const STEPS: readonly LogLevel[] = ["debug", "trace"];

export function nextLogLevel(current: string, configured: LogLevel): LogLevel {
  const further = STEPS.slice(STEPS.indexOf(current as LogLevel) + 1).filter((step) => step !== configured);
  const isLouder = configured === "trace" ? [] : further;
  return isLouder[0] ?? configured;
}

/** Says so at a level that is always written but with `silent`. */
export function turnLogLevel(logger: Logger, configured: LogLevel): void {
  const from = logger.level;
  const to = nextLogLevel(from, configured);
  logger.level = "info";
  logger.info({ event: "log.level", from, to }, "log level changed");
  logger.level = to;
}
