/** What each limit is about, for `docs/limits.md`; and how long things may take, who ends them, and with which code. */

import type { ErrorCode } from "./errors.ts";
import type { LIMITS } from "./limits.ts";

interface LimitGuide {
  what: string;
  unit: "bytes" | "ms" | "items" | "levels" | "per second";
  /** How what goes beyond it is answered; absent: it cannot happen, it is cut or paged. */
  code?: ErrorCode | "closes the transport" | "error at start" | "dead letter";
  /** The setting, or the key of a contract file, that sets another value. */
  setting?: string;
}

export const LIMIT_GUIDE: Record<keyof typeof LIMITS, LimitGuide> = {
  payloadBytes: { what: "payload of a client", unit: "bytes", code: "PAYLOAD_TOO_LARGE", setting: "MAX_PAYLOAD_BYTES" },
  roomPatchBytes: { what: "body of a `room.patch` request", unit: "bytes", code: "PAYLOAD_TOO_LARGE" },
  frameBytes: { what: "websocket frame of a client", unit: "bytes", code: "closes the transport" },
  encodedBytes: { what: "ack or event, encoded", unit: "bytes" },
  depth: { what: "nesting of a payload", unit: "levels", code: "PAYLOAD_INVALID" },
  members: { what: "members of one object in a payload", unit: "items", code: "PAYLOAD_INVALID" },
  issues: { what: "entries of `details.issues`", unit: "items" },
  clientBytes: { what: "`auth.client`", unit: "bytes", code: "PAYLOAD_INVALID" },
  nameBytes: { what: "claim `name`", unit: "bytes", code: "AUTH_INVALID" },
  infoBytes: { what: "`info` of a member or of presence", unit: "bytes", code: "PAYLOAD_INVALID" },
  roomsPerSession: { what: "rooms of a session", unit: "items", code: "LIMIT_EXCEEDED", setting: "MAX_ROOMS" },
  watchedPerSocket: {
    what: "users watched by a socket",
    unit: "items",
    code: "LIMIT_EXCEEDED",
    setting: "MAX_WATCHED",
  },
  watchAtOnce: { what: "users in one `presence:watch`", unit: "items", code: "PAYLOAD_INVALID" },
  membersPage: { what: "members in one page", unit: "items", code: "PAYLOAD_INVALID" },
  historyPage: { what: "events in one page of history", unit: "items", code: "PAYLOAD_INVALID" },
  historyLast: { what: "`last` of a join", unit: "items", code: "PAYLOAD_INVALID" },
  inboxPage: { what: "events in one page of the inbox", unit: "items", code: "PAYLOAD_INVALID" },
  patchOps: { what: "operations in one patch", unit: "items", code: "PAYLOAD_INVALID" },
  stateValueBytes: { what: "value of a state key", unit: "bytes", code: "LIMIT_EXCEEDED" },
  stateKeys: { what: "state keys of a room", unit: "items", code: "LIMIT_EXCEEDED" },
  stateBytes: { what: "state of a room, keys and values", unit: "bytes", code: "LIMIT_EXCEEDED" },
  usersPerRequest: { what: "users in one `presence.get`", unit: "items", code: "PAYLOAD_INVALID" },
  audienceUsers: { what: "users one event goes to", unit: "items", code: "dead letter" },
  rosterMembers: { what: "members up to which a room tells its roster", unit: "items", setting: "OCCUPANCY_ABOVE" },
  retainMs: { what: "`retain` of a room's state", unit: "ms", code: "error at start", setting: "rooms: state: retain" },
  historySize: { what: "events a history keeps", unit: "items", code: "error at start", setting: "history: size" },
  historyTtlMs: { what: "life of an event in a history", unit: "ms", code: "error at start", setting: "history: ttl" },
  durableTtlMs: { what: "life of a durable event", unit: "ms", code: "error at start", setting: "durable: ttl" },
  commandTimeoutMs: { what: "timeout a command may declare", unit: "ms", code: "error at start", setting: "timeout" },
  ratePerSecond: { what: "rate an event may declare", unit: "per second", code: "error at start", setting: "rate" },
};

interface Timeout {
  what: string;
  owner: "edge" | "notifier" | "backend's client; presence and notifier answer after 4.5 s";
  ms: number;
  code: ErrorCode | "closes the transport" | "counts as failed";
  setting?: string;
}

export const TIMEOUTS = {
  connect: {
    what: "from a transport to a session",
    owner: "edge",
    ms: 5_000,
    code: "closes the transport",
    setting: "CONNECT_TIMEOUT_MS",
  },
  ack: { what: "from a client's message to its ack", owner: "edge", ms: 10_000, code: "TIMEOUT" },
  command: {
    what: "from a command to its backend's answer",
    owner: "edge",
    ms: 3_000,
    code: "TIMEOUT",
    setting: "commands: timeout",
  },
  request: {
    what: "from a request over NATS to its answer",
    owner: "backend's client; presence and notifier answer after 4.5 s",
    ms: 5_000,
    code: "TIMEOUT",
  },
  fallback: {
    what: "from an attempt of a fallback to its provider's answer",
    owner: "notifier",
    ms: 10_000,
    code: "counts as failed",
    setting: "CHANNELS: timeout",
  },
} as const satisfies Record<string, Timeout>;
