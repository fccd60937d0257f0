/**
 * The connection's life: token, connect, ready, refresh, drain, retry, end. Pure; rules C1-C13 of `SPEC.md`.
 * The shell (`connection.ts`) runs the effects and reports back as events.
 */

import { backoffMs } from "./backoff.ts";
import { late, type RollcallError } from "./errors.ts";
import type { Health, SessionReady } from "./wire.ts";

/** The part of the state that apps see. */
export type Status =
  | { readonly phase: "idle" }
  | { readonly phase: "connecting" }
  | {
      readonly phase: "online";
      readonly session: SessionReady;
      readonly health: Health;
      /** The edge is going away: this client moves to another one within moments. */
      readonly draining: boolean;
    }
  | {
      readonly phase: "waiting";
      readonly retryInMs: number;
      /**
       * `unreachable`: no connection came about: no network, nobody who listens, or an edge that takes none now; a browser
       * does not tell which. `lost`: the connection closed, or went silent. `timeout`: not ready in time. `token`: the app
       * gave none. `refused`, `expired`: by the server, which a fresh token may mend. (open)
       */
      readonly reason: string;
      /** `OFFLINE` with the transport's words, in Node with their `cause`; `TIMEOUT`; `TOKEN`; the server's refusal. */
      readonly error: RollcallError;
    }
  /** Nothing more happens until `connect()`. `reason`: `closed refused replaced revoked abuse disconnected` (open). */
  | { readonly phase: "ended"; readonly reason: string; readonly error: RollcallError | undefined };

interface Inner {
  /** Every attempt to connect has its own number; what belongs to an older one is ignored (C2). */
  readonly turn: number;
  /** Attempts failed since the session was last ready. */
  readonly failures: number;
  /** The server said AUTH_EXPIRED to the last token: a second time is final (C6). */
  readonly expired: boolean;
  /** While online: the reason of `session:revoked`; a DISCONNECT follows. */
  readonly revoked?: string;
}

export type Session = Status & Inner;

export type SessionEvent =
  | readonly ["connect"]
  /** The device found a network again. */
  | readonly ["nudge"]
  | readonly ["close"]
  | readonly ["token", turn: number]
  | readonly ["token-failed", turn: number, error: RollcallError]
  | readonly ["ready", ready: SessionReady, lifetimeMs: number]
  /** The transport failed or closed; `byServer`: with a DISCONNECT packet. */
  | readonly ["down", byServer: boolean, error: RollcallError]
  /** The server answered the CONNECT with an error. */
  | readonly ["refused", error: RollcallError]
  | readonly ["session:revoked", { reason: string }]
  | readonly ["session:expiring", { inMs: number }]
  | readonly ["session:health", Health]
  | readonly ["server:drain", { reconnectInMs: number }]
  | readonly ["refreshed", lifetimeMs: number]
  | readonly ["refresh-failed", error: RollcallError]
  | readonly ["timer"];

export type SessionEffect =
  | readonly ["token", turn: number]
  | readonly ["open"]
  /** Close the transport without a DISCONNECT packet: the session keeps its grace. */
  | readonly ["cut"]
  /** Say goodbye: an explicit leave, without grace. */
  | readonly ["leave"]
  /** The one connection timer. Timers end with their turn. */
  | readonly ["timer", ms: number]
  /** Fetch and send a fresh token after ms; in place of the refresh planned before. */
  | readonly ["refresh", ms: number];

export type SessionStep = readonly [Session, readonly SessionEffect[]];

/** A whole attempt, the app's `token()` included. */
export const ATTEMPT_MS = 10_000;
const REFRESH_RETRY_MS = 5_000;

export const initial: Session = { phase: "idle", turn: 0, failures: 0, expired: false };

/** Into another state. The turn moves on: what is still under way for the former one is void, timers too (C2). */
function to(state: Inner, status: Status & Partial<Inner>): Session {
  const { turn, failures, expired } = state;
  return { turn: turn + 1, failures, expired, ...status };
}

/** C1 */
function attempt(state: Session, ...before: SessionEffect[]): SessionStep {
  const next = to(state, { phase: "connecting" });
  return [next, [...before, ["timer", ATTEMPT_MS], ["token", next.turn]]];
}

/** C5, C13 */
function retry(
  state: Session,
  random: number,
  reason: string,
  error: RollcallError,
  ...before: SessionEffect[]
): SessionStep {
  const retryInMs = backoffMs(state.failures, random, error.retryAfterMs);
  const next = to(state, { phase: "waiting", failures: state.failures + 1, retryInMs, reason, error });
  return [next, [...before, ["timer", retryInMs]]];
}

function end(state: Session, reason: string, error?: RollcallError, ...effects: SessionEffect[]): SessionStep {
  return [to(state, { phase: "ended", reason, error }), effects];
}

/** Refresh when 70-80 % of the token's lifetime are over. */
const refreshAfter = (lifetimeMs: number, random: number): SessionEffect => [
  "refresh",
  Math.max(1_000, lifetimeMs * (0.7 + random / 10)),
];

/** One step. `random` in [0, 1) spreads what many clients would do at the same time. */
export function step(state: Session, event: SessionEvent, random: number): SessionStep {
  const same: SessionStep = [state, []];
  switch (state.phase) {
    case "idle":
    case "waiting":
      if (event[0] === "close") return end(state, "closed");
      if (event[0] === "connect") return attempt(state);
      return state.phase === "waiting" && (event[0] === "nudge" || event[0] === "timer") ? attempt(state) : same;
    case "ended":
      if (event[0] !== "connect") return same;
      return attempt({ ...state, failures: 0, expired: false });
    case "connecting":
      return whileConnecting(state, event, random) ?? same;
    case "online":
      return whileOnline(state, event, random) ?? same;
  }
}

function whileConnecting(state: Session, event: SessionEvent, random: number): SessionStep | undefined {
  switch (event[0]) {
    case "token":
      return event[1] === state.turn ? [state, [["open"]]] : undefined; // C2
    case "token-failed":
      return event[1] === state.turn ? retry(state, random, "token", event[2]) : undefined;
    case "ready": {
      const [, session, lifetimeMs] = event;
      const { health } = session;
      const next = to(state, { phase: "online", failures: 0, expired: false, session, health, draining: false });
      return [next, [refreshAfter(lifetimeMs, random)]]; // C3
    }
    case "refused": {
      const [, error] = event;
      if (error.retryable) return retry(state, random, "refused", error);
      if (error.code !== "AUTH_EXPIRED" || state.expired) return end(state, "refused", error); // C6
      return retry({ ...state, expired: true }, random, "refused", error);
    }
    case "down":
      return retry(state, random, "unreachable", event[2]);
    case "timer":
      return retry(state, random, "timeout", late(ATTEMPT_MS), ["cut"]); // C4
    case "close":
      return end(state, "closed", undefined, ["leave"]);
  }
}

function whileOnline(
  state: Session & { phase: "online" },
  event: SessionEvent,
  random: number,
): SessionStep | undefined {
  const { revoked } = state;
  switch (event[0]) {
    case "down":
      // C7: only an expired token is something that can be mended without a word.
      if (revoked === "expired" || !(revoked || event[1])) return retry(state, random, revoked ?? "lost", event[2]);
      return end(state, revoked ?? "disconnected");
    case "session:revoked":
      return [{ ...state, revoked: event[1].reason }, []];
    case "server:drain":
      if (state.draining) return undefined;
      return [{ ...state, draining: true }, [["timer", event[1].reconnectInMs * random]]];
    case "timer":
      return attempt(state, ["cut"]); // C8
    case "session:health":
      return [{ ...state, health: event[1] }, []];
    case "session:expiring":
      return [state, [["refresh", (random * event[1].inMs) / 4]]]; // C9
    case "refreshed":
      return [state, [refreshAfter(event[1], random)]];
    case "refresh-failed":
      return [state, [["refresh", Math.max(REFRESH_RETRY_MS, event[1].retryAfterMs ?? 0) * (1 + random)]]]; // C10
    case "close":
      return end(state, "closed", undefined, ["leave"]);
  }
}
