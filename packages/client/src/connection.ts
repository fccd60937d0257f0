/** The shell around `session.ts`: runs its effects, shows the status, and hands messages on. */

import type { Clock } from "./clock.ts";
import { lost, type RollcallError, tokenFrom } from "./errors.ts";
import { type Auth, type Link, type OpenLink, onNetworkBack } from "./link.ts";
import { cell, guarded, type Readable, type Report } from "./readable.ts";
import { FAIL, type Requests } from "./requests.ts";
import { initial, type Session, type SessionEffect, type SessionEvent, type Status, step } from "./session.ts";
import type { Meta, SessionReady } from "./wire.ts";

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
  up(ready: SessionReady): void;
  down(): void;
  message(name: string, payload: unknown, meta: Meta): void;
}

export interface Connection {
  readonly status: Readable<Status>;
  connect(): void;
  close(): void;
}

/** What the reducer wants to hear of the server, under its own names. */
const OURS = /^(session:(revoked|expiring|health)|server:drain)$/;

export function createConnection(options: ConnectionOptions): Connection {
  const { clock, report, requests } = options;
  const session = cell<Session>(initial, report);
  let sessionId = options.session ?? clock.id();
  let token = "";
  let link: Link | undefined;
  /** The server's clock minus ours, of the newest session. */
  let aheadMs = 0;
  let cancelTimer = () => {};
  let cancelRefresh = () => {};
  let forgetNetwork: (() => void) | undefined;

  function dispatch(event: SessionEvent): void {
    const before = session.get();
    const [next, effects] = step(before, event, clock.random());
    session.set(next);
    if (before.turn !== next.turn) {
      cancelTimer();
      cancelRefresh();
    }
    if (before.phase === "online" && next.phase !== "online") {
      requests.down();
      options.down();
    }
    // A listener may have closed the client; then what was still to do is void.
    for (const effect of effects) if (session.get() === next) run(effect);
    if (event[0] === "ready" && next.phase === "online" && session.get() === next && link) {
      requests.up(link);
      options.up(next.session);
      requests.wake();
    }
  }

  function run([kind, value]: SessionEffect): void {
    switch (kind) {
      case "token":
        void fetchToken(value);
        break;
      case "open":
        open();
        break;
      case "cut":
      case "leave":
        link?.[kind]();
        link = undefined;
        break;
      case "timer":
        cancelTimer();
        cancelTimer = clock.timer(value, () => dispatch(["timer"]));
        break;
      case "refresh":
        cancelRefresh();
        cancelRefresh = clock.timer(value, () => void refresh());
    }
  }

  async function fetchToken(turn: number): Promise<void> {
    let event: SessionEvent = ["token", turn];
    try {
      const fresh = await tokenFrom(options.token);
      if (session.get().turn === turn) token = fresh;
    } catch (error) {
      event = ["token-failed", turn, error as RollcallError];
    }
    dispatch(event);
  }

  function open(): void {
    const ended = (event: SessionEvent) => {
      link = undefined;
      dispatch(event);
    };
    link = options.open(
      { ...options.greeting(), token, session: sessionId },
      {
        message: receive,
        down: (byServer, why, cause) => ended(["down", byServer, lost(why, cause)]),
        refused: (error) => ended(["refused", error]),
      },
    );
  }

  const lifetimeMs = (expiresAt: string) => Date.parse(expiresAt) - clock.now() - aheadMs;

  function receive(name: string, payload: unknown, meta: Meta): void {
    if (name === "session:ready") {
      const ready = payload as SessionReady;
      aheadMs = Date.parse(ready.serverTime) - clock.now();
      dispatch(["ready", ready, lifetimeMs(ready.expiresAt)]);
    } else if (OURS.test(name)) dispatch([name, payload] as SessionEvent);
    else guarded(report, options.message, name, payload, meta);
  }

  async function refresh(): Promise<void> {
    const { turn } = session.get();
    let event: SessionEvent;
    try {
      const fresh = await tokenFrom(options.token);
      if (turn !== session.get().turn) return;
      const answer = await requests.request<{ expiresAt: string }>("session:refresh", { token: fresh }, FAIL);
      event = ["refreshed", lifetimeMs(answer.expiresAt)];
    } catch (error) {
      if (turn !== session.get().turn) return; // the connection went: the next one brings a token of its own
      report(error);
      event = ["refresh-failed", error as RollcallError];
    }
    dispatch(event);
  }

  return {
    status: session,
    connect() {
      forgetNetwork ??= onNetworkBack(() => dispatch(["nudge"]));
      // C11: whoever was replaced must not fence its successor, and no ended session can be resumed.
      if (session.get().phase === "ended") sessionId = clock.id();
      dispatch(["connect"]);
    },
    close() {
      forgetNetwork?.();
      forgetNetwork = undefined;
      dispatch(["close"]);
    },
  };
}
