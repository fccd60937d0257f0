/**
 * JSON logs, a line each, with the fields `event code mid session edge trace_id`. What must never be read in a log is
 * replaced here and not left to the caller's care: tokens, payloads, user ids, and the parts of errors that quote input
 * or an address with its password. What repeats is told now and then (`log-repeats.ts`); only what somebody turned the
 * level down for, and what ends the process, always.
 */

import { createHmac } from "node:crypto";
import { activeTraceId } from "@rollcall/telemetry";
import pino, { type DestinationStream, type LogFn, type Logger as PinoLogger } from "pino";
import { type Clock, systemClock } from "./clock.ts";
import { LogOutput } from "./log-output.ts";
import { LogRepeats } from "./log-repeats.ts";

export type Logger = PinoLogger;
export type LogLevel = "trace" | "debug" | "info" | "warn" | "error" | "fatal" | "silent";

export interface LoggerOptions {
  /** `service.name`, for example `rollcall-edge`. */
  service: string;
  instance: string;
  level?: LogLevel;
  /** Key of the hash of user ids. Without one ids can be guessed from their hash. */
  hashKey?: string;
  /** Default: stdout. */
  destination?: DestinationStream;
  /** Of what repeats. Default: the system's. */
  clock?: Pick<Clock, "monotonic">;
}

const DEFAULT_HASH_KEY = "rollcall";
const HASH_LENGTH = 16;
const HIDDEN = "[hidden]";

/** Fields whose value is somebody's data or somebody's key, wherever they stand at the first two levels. */
const HIDDEN_FIELDS = [
  "token",
  "grant",
  "authorization",
  "cookie",
  "auth",
  "password",
  "payload",
  "data",
  "info",
  "body",
];

/** A stable stand-in for a user id: equal ids of one installation have equal hashes. */
export function hashUser(user: string, key = DEFAULT_HASH_KEY): string {
  return `u_${createHmac("sha256", key).update(user).digest("base64url").slice(0, HASH_LENGTH)}`;
}

export function createLogger(options: LoggerOptions): Logger {
  const { service, instance, level = "info", hashKey, destination, clock = systemClock } = options;
  const settings: pino.LoggerOptions = {
    level,
    base: { service, instance },
    timestamp: pino.stdTimeFunctions.isoTime,
    messageKey: "message",
    errorKey: "error",
    redact: { paths: HIDDEN_FIELDS.flatMap((field) => [field, `*.${field}`]), censor: HIDDEN },
    serializers: { error: describeError, err: describeError },
    formatters: {
      level: (label) => ({ level: label }),
      log: (fields) => (typeof fields.user === "string" ? { ...fields, user: hashUser(fields.user, hashKey) } : fields),
    },
    hooks: { logMethod: withholding(clock) },
    mixin() {
      const traceId = activeTraceId();
      return traceId === undefined ? {} : { trace_id: traceId };
    },
  };
  return pino(settings, destination ?? new LogOutput());
}

const { debug: DEBUG, fatal: FATAL } = pino.levels.values as { debug: number; fatal: number };

function withholding(
  clock: Pick<Clock, "monotonic">,
): NonNullable<NonNullable<pino.LoggerOptions["hooks"]>["logMethod"]> {
  const repeats = new LogRepeats();
  return function (this: PinoLogger, args: Parameters<LogFn>, method: LogFn, level: number) {
    const fields = args[0] as { event?: unknown } | string;
    const event = level > DEBUG && level < FATAL && typeof fields === "object" ? fields.event : undefined;
    if (typeof event !== "string") return method.apply(this, args);
    const withheld = repeats.admit(event, clock.monotonic());
    if (withheld === undefined) return;
    if (withheld > 0) args[0] = { ...(fields as object), repeats: withheld };
    method.apply(this, args);
  };
}

/** Resolves when what was logged is written or lost. Without it the last lines before an exit are missing. */
export function flushLogs(logger: Logger): Promise<void> {
  return new Promise((resolve) => logger.flush(() => resolve()));
}

export interface DescribedError {
  type: string;
  message: string;
  code?: string;
  stack?: string;
  cause?: DescribedError;
}

const MAX_CAUSES = 4;
const MAX_MESSAGE = 500;

/**
 * Type, message, code, frames and causes, and nothing else: clients hang whole commands with their arguments on errors
 * (ioredis), a SyntaxError quotes the text it could not read, and what cannot be reached is quoted with its password.
 */
export function describeError(error: unknown, depth = 0): DescribedError {
  if (!(error instanceof Error)) return { type: typeof error, message: "a value that is no Error was thrown" };
  const message = error instanceof SyntaxError ? "text could not be parsed" : withoutKeys(error.message);
  const code = (error as { code?: unknown }).code;
  const frames = error.stack?.split("\n").filter((line) => /^\s+at /.test(line));
  return {
    type: error.name,
    message,
    ...(typeof code === "string" ? { code } : {}),
    ...(frames === undefined || frames.length === 0 ? {} : { stack: frames.join("\n") }),
    ...(error.cause === undefined || depth >= MAX_CAUSES ? {} : { cause: describeError(error.cause, depth + 1) }),
  };
}

/** User, password and query of an address: each may be a key, also one that the end of the message would cut. */
const withoutKeys = (message: string) =>
  message
    .slice(0, 2 * MAX_MESSAGE)
    .replace(/(\/\/)[^\s/@]*@/g, "$1***@")
    .replace(/(\/\/[^\s?]*\?)\S+/g, "$1***")
    .slice(0, MAX_MESSAGE);
