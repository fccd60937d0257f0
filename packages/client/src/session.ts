/**
 * The connection's life: token, connect, ready, refresh, drain, retry, end. Pure; rules C1-C12 of `SPEC.md`.
 * The shell (`connection.ts`) runs the effects and reports back as events.
 */

import { backoffMs } from "./backoff.ts";
import type { RollcallError } from "./errors.ts";
import type { SessionReady } from "./wire.ts";

interface Common {
  /** Every attempt to connect has its own number; what belongs to an older one is ignored (C2). */
  readonly turn: number;
  /** Attempts failed since the session was last ready. */
  readonly failures: number;
  /** The server said AUTH_EXPIRED to the last token: a second time is final (C6). */
  readonly expired: boolean;
}

export type Session = Common &
  (
    | { readonly at: "idle" }
    | { readonly at: "token" }
    | { readonly at: "connecting" }
    | { readonly at: "online"; readonly ready: SessionReady; readonly draining: boolean; readonly revoked?: string }
    | { readonly at: "waiting"; readonly retryInMs: number; readonly error: RollcallError | undefined }
    /** `reason`: `closed`, `refused`, or that of `session:revoked`. */
    | { readonly at: "ended"; readonly reason: string; readonly error: RollcallError | undefined }
  );

export type SessionEvent =
  | { type: "connect" }
  | { type: "close" }
  | { type: "token"; turn: number }
  | { type: "token-failed"; turn: number; error: RollcallError }
  | { type: "ready"; ready: SessionReady; lifetimeMs: number }
  /** The transport failed or closed. */
  | { type: "down"; byServer: boolean }
  /** The server answered the CONNECT with an error. */
  | { type: "refused"; error: RollcallError }
  | { type: "revoked"; reason: string }
  | { type: "drain"; withinMs: number }
  | { type: "timer" }
  /** The device found a network again. */
  | { type: "nudge" }
  | { type: "expiring"; inMs: number }
  | { type: "refreshed"; lifetimeMs: number }
  | { type: "refresh-failed"; error: RollcallError };

export type SessionEffect =
  | { do: "token"; turn: number }
  | { do: "open" }
  /** Close the transport without a DISCONNECT packet: the session keeps its grace. */
  | { do: "cut" }
  /** Say goodbye: an explicit leave, without grace. */
  | { do: "leave" }
  /** Take a new session id: the old one lives elsewhere. */
  | { do: "new-session" }
  /** The one connection timer, set anew or (without `ms`) cancelled. */
  | { do: "timer"; ms?: number }
  /** Fetch and send a fresh token after `ms`, or (without) no more. */
  | { do: "refresh"; ms?: number };

export type SessionStep = readonly [Session, readonly SessionEffect[]];

/** A whole attempt, the app's `token()` included. */
export const ATTEMPT_MS = 10_000;
/** Refresh after this share of the token's lifetime, plus up to `REFRESH_SPREAD` of it. */
const REFRESH_AT = 0.7;
const REFRESH_SPREAD = 0.1;
const REFRESH_RETRY_MS = 5_000;

export const initial: Session = { at: "idle", turn: 0, failures: 0, expired: false };

const common = ({ turn, failures, expired }: Session): Common => ({ turn, failures, expired });

/** C1 */
function attempt(state: Session, ...before: SessionEffect[]): SessionStep {
  const turn = state.turn + 1;
  return [
    { ...common(state), at: "token", turn },
    [...before, { do: "timer", ms: ATTEMPT_MS }, { do: "refresh" }, { do: "token", turn }],
  ];
}

/** C5 */
function retry(state: Session, random: number, error?: RollcallError, ...before: SessionEffect[]): SessionStep {
  const retryInMs = backoffMs(state.failures, random, error?.retryAfterMs);
  const next: Session = { ...common(state), at: "waiting", failures: state.failures + 1, retryInMs, error };
  // The turn moves on: a token that is still being fetched is of no use.
  return [{ ...next, turn: state.turn + 1 }, [...before, { do: "refresh" }, { do: "timer", ms: retryInMs }]];
}

function end(state: Session, reason: string, error?: RollcallError, ...before: SessionEffect[]): SessionStep {
  const next: Session = { ...common(state), at: "ended", turn: state.turn + 1, reason, error };
  return [next, [...before, { do: "refresh" }, { do: "timer" }]];
}

function down(state: Session, byServer: boolean, random: number): SessionStep {
  if (state.at === "connecting") return retry(state, random);
  if (state.at !== "online") return [state, []];
  // C7: only an expired token is something the app can mend without a word.
  if (state.revoked === "expired") return retry({ ...state, expired: false }, random);
  if (state.revoked !== undefined || byServer) return end(state, state.revoked ?? "disconnected");
  return retry(state, random);
}

function refused(state: Session, error: RollcallError, random: number): SessionStep {
  if (state.at !== "connecting") return [state, []];
  if (error.retryable) return retry(state, random, error);
  if (error.code !== "AUTH_EXPIRED" || state.expired) return end(state, "refused", error); // C6
  return retry({ ...state, expired: true }, random, error);
}

function timer(state: Session, random: number): SessionStep {
  switch (state.at) {
    case "token":
    case "connecting":
      return retry(state, random, undefined, { do: "cut" }); // C4
    case "online":
      return attempt(state, { do: "cut" }); // C8
    case "waiting":
      return attempt(state);
    default:
      return [state, []];
  }
}

/** One step. `random` in [0, 1) spreads what many clients would do at the same time. */
export function step(state: Session, event: SessionEvent, random: number): SessionStep {
  switch (event.type) {
    case "connect":
      if (state.at === "idle" || state.at === "waiting") return attempt(state);
      if (state.at !== "ended") return [state, []];
      return attempt({ ...state, failures: 0, expired: false }, ...renewal(state.reason));
    case "nudge":
      return state.at === "waiting" ? attempt(state) : [state, []];
    case "close":
      return state.at === "ended" ? [state, []] : end(state, "closed", undefined, { do: "leave" });
    case "token":
      if (state.at !== "token" || event.turn !== state.turn) return [state, []]; // C2
      return [{ ...common(state), at: "connecting" }, [{ do: "open" }]];
    case "token-failed":
      if (state.at !== "token" || event.turn !== state.turn) return [state, []];
      return retry(state, random, event.error);
    case "ready": {
      if (state.at !== "connecting") return [state, []];
      const { ready, lifetimeMs } = event;
      const next: Session = { at: "online", turn: state.turn, failures: 0, expired: false, ready, draining: false };
      return [next, [{ do: "timer" }, refreshAfter(lifetimeMs, random)]]; // C3
    }
    case "down":
      return down(state, event.byServer, random);
    case "refused":
      return refused(state, event.error, random);
    case "revoked":
      return state.at === "online" ? [{ ...state, revoked: event.reason }, []] : [state, []];
    case "drain":
      if (state.at !== "online" || state.draining) return [state, []];
      return [{ ...state, draining: true }, [{ do: "timer", ms: event.withinMs * random }]];
    case "timer":
      return timer(state, random);
    case "expiring":
      return whileOnline(state, { do: "refresh", ms: (random * event.inMs) / 4 }); // C9
    case "refreshed":
      return whileOnline(state, refreshAfter(event.lifetimeMs, random));
    case "refresh-failed": {
      const ms = Math.max(REFRESH_RETRY_MS, event.error.retryAfterMs ?? 0) * (1 + random); // C10
      return whileOnline(state, { do: "refresh", ms });
    }
  }
}

function refreshAfter(lifetimeMs: number, random: number): SessionEffect {
  return { do: "refresh", ms: Math.max(1_000, lifetimeMs * (REFRESH_AT + REFRESH_SPREAD * random)) };
}

const whileOnline = (state: Session, effect: SessionEffect): SessionStep => [
  state,
  state.at === "online" ? [effect] : [],
];

/** C11: whoever was replaced must not fence its successor, and the others' sessions ended. */
const renewal = (reason: string): SessionEffect[] => (reason === "closed" ? [] : [{ do: "new-session" }]);
