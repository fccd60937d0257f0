/** The shell around `session.ts`: runs its effects, keeps the status, and hands messages on. */

import type { Clock } from "./clock.ts";
import { type RollcallError, tokenFailed } from "./errors.ts";
import { type Auth, type Link, type OpenLink, onNetworkBack } from "./link.ts";
import { cell, guarded, type Readable, type Report } from "./readable.ts";
import type { Requests } from "./requests.ts";
import { initial, type Session, type SessionEffect, type SessionEvent, step } from "./session.ts";
import type { Health, Meta, SessionReady } from "./wire.ts";

/** What a user interface wants to know of the connection. */
export type Status =
  | { readonly phase: "idle" }
  | { readonly phase: "connecting"; readonly failures: number }
  | { readonly phase: "online"; readonly session: SessionReady; readonly health: Health; readonly draining: boolean }
  | { readonly phase: "waiting"; readonly retryInMs: number; readonly failures: number; readonly error?: RollcallError }
  /** Nothing more happens until `connect()`. `reason`: `closed refused replaced revoked abuse disconnected` (open). */
  | { readonly phase: "ended"; readonly reason: string; readonly error?: RollcallError };

export interface ConnectionOptions {
  open: OpenLink;
  token: () => Promise<string> | string;
  clock: Clock;
  report: Report;
  requests: Requests;
  /** What each CONNECT says beside token and session. */
  greeting: () => Omit<Auth, "token" | "session">;
  /** Chosen by the app, for the first session only. */
  session: string | undefined;
  on: {
    up(ready: SessionReady): void;
    down(): void;
    message(name: string, payload: unknown, meta: Meta): void;
  };
}

export interface Connection {
  readonly status: Readable<Status>;
  connect(): void;
  close(): void;
}

function statusOf(session: Session, health: Health | undefined): Status {
  const { failures } = session;
  switch (session.at) {
    case "idle":
      return { phase: "idle" };
    case "token":
    case "connecting":
      return { phase: "connecting", failures };
    case "online":
      return {
        phase: "online",
        session: session.ready,
        health: health ?? session.ready.health,
        draining: session.draining,
      };
    case "waiting":
      return {
        phase: "waiting",
        retryInMs: session.retryInMs,
        failures,
        ...(session.error && { error: session.error }),
      };
    case "ended":
      return { phase: "ended", reason: session.reason, ...(session.error && { error: session.error }) };
  }
}

export function createConnection(options: ConnectionOptions): Connection {
  const { clock, report, requests, on } = options;
  const status = cell<Status>({ phase: "idle" }, report);
  let session = initial;
  let sessionId = options.session ?? clock.id();
  let token = "";
  let link: Link | undefined;
  let health: Health | undefined;
  /** The server's clock minus ours, of the newest session. */
  let aheadMs = 0;
  let cancelTimer = () => {};
  let cancelRefresh = () => {};

  function dispatch(event: SessionEvent): void {
    const before = session;
    const [next, effects] = step(session, event, clock.random());
    session = next;
    if (before.at === "online" && next.at !== "online") {
      health = undefined;
      requests.down();
      on.down();
    }
    for (const effect of effects) run(effect);
    if (session !== next) return; // an effect went on from here
    publish();
    if (event.type === "ready" && next.at === "online" && link) {
      requests.up(link);
      on.up(event.ready);
      requests.wake();
    }
  }

  function publish(): void {
    status.set(statusOf(session, health));
  }

  function run(effect: SessionEffect): void {
    switch (effect.do) {
      case "token":
        void fetchToken(effect.turn);
        break;
      case "open":
        open();
        break;
      case "cut":
      case "leave":
        link?.[effect.do]();
        link = undefined;
        break;
      case "new-session":
        sessionId = clock.id();
        break;
      case "timer":
        cancelTimer();
        if (effect.ms !== undefined) cancelTimer = clock.timer(effect.ms, () => dispatch({ type: "timer" }));
        break;
      case "refresh":
        cancelRefresh();
        if (effect.ms !== undefined) cancelRefresh = clock.timer(effect.ms, () => void refresh());
    }
  }

  async function fetchToken(turn: number): Promise<void> {
    try {
      const fresh = await options.token();
      if (turn === session.turn) token = fresh;
    } catch (cause) {
      dispatch({ type: "token-failed", turn, error: tokenFailed(cause) });
      return;
    }
    dispatch({ type: "token", turn });
  }

  function open(): void {
    const own: Link = options.open(
      { ...options.greeting(), token, session: sessionId },
      {
        message: (name, payload, meta) => receive(name, payload, meta),
        down(byServer) {
          link = undefined;
          dispatch({ type: "down", byServer });
        },
        refused(error) {
          link = undefined;
          dispatch({ type: "refused", error });
        },
      },
    );
    link = own;
  }

  const lifetimeMs = (expiresAt: string) => Date.parse(expiresAt) - clock.now() - aheadMs;

  function receive(name: string, payload: unknown, meta: Meta): void {
    switch (name) {
      case "session:ready": {
        const ready = payload as SessionReady;
        aheadMs = Date.parse(ready.serverTime) - clock.now();
        dispatch({ type: "ready", ready, lifetimeMs: lifetimeMs(ready.expiresAt) });
        break;
      }
      case "session:revoked":
        dispatch({ type: "revoked", reason: (payload as { reason: string }).reason });
        break;
      case "session:expiring":
        dispatch({ type: "expiring", inMs: (payload as { inMs: number }).inMs });
        break;
      case "server:drain":
        dispatch({ type: "drain", withinMs: (payload as { reconnectInMs: number }).reconnectInMs });
        break;
      case "session:health":
        health = payload as Health;
        publish();
        break;
      default:
        guarded(report, on.message, name, payload, meta);
    }
  }

  async function refresh(): Promise<void> {
    const { turn } = session;
    try {
      const fresh = await Promise.resolve(options.token()).catch((cause) => Promise.reject(tokenFailed(cause)));
      if (turn !== session.turn) return;
      const { expiresAt } = await requests.request<{ expiresAt: string }>(
        "session:refresh",
        { token: fresh },
        { offline: "fail" },
      );
      dispatch({ type: "refreshed", lifetimeMs: lifetimeMs(expiresAt) });
    } catch (error) {
      if (turn !== session.turn) return; // the connection went: the next one brings a token of its own
      report(error);
      dispatch({ type: "refresh-failed", error: error as RollcallError });
    }
  }

  const nudge = () => dispatch({ type: "nudge" });
  let forgetNetwork: (() => void) | undefined;
  return {
    status,
    connect() {
      forgetNetwork ??= onNetworkBack(nudge);
      dispatch({ type: "connect" });
    },
    close() {
      forgetNetwork?.();
      forgetNetwork = undefined;
      dispatch({ type: "close" });
    },
  };
}
