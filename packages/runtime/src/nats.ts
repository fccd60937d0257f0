/**
 * One NATS connection as every service needs it: waits for the first connection however long it takes, reconnects for
 * ever, notices a silent peer in seconds, and can say whether it is up: core NATS would silently queue what is
 * published during an outage.
 */

import type { NatsConnection } from "@nats-io/nats-core";
import { connect, type NodeConnectionOptions } from "@nats-io/transport-node";
import { METRICS } from "@rollcall/telemetry";
import { systemClock, type Timer } from "./clock.ts";
import type { Logger } from "./logger.ts";
import type { Metrics } from "./metrics.ts";
import { type NatsAccess, natsOptions } from "./nats-access.ts";
import { measureRoundTrip } from "./round-trip.ts";

export interface NatsConnectOptions {
  /** One or more servers, comma-separated, with the user if one is needed. */
  url: string;
  name: string;
  logger: Logger;
  metrics?: Metrics;
  /** Beside the URL: who we are, TLS, and where JetStream is. */
  access?: NatsAccess;
  /** Gives up waiting for the first connection. */
  signal?: AbortSignal;
  /** How often it is said, while there is no connection, why not; at first sooner. Default 10 s. */
  tellEveryMs?: number;
}

export interface NatsHandle {
  readonly nc: NatsConnection;
  /** Options for whoever speaks to JetStream over the connection. */
  readonly jetStream: { domain?: string };
  isUp(): boolean;
  onUp(fn: () => void): () => void;
  onDown(fn: () => void): () => void;
  /** Subscriptions finish what they have, then the connection closes. */
  close(): Promise<void>;
}

const RECONNECT_MS = 250;
const RECONNECT_JITTER_MS = 250;
const CONNECT_TIMEOUT_MS = 3_000;
/** Two missed pongs: a half-open connection is noticed after about 6 s. */
const PING_INTERVAL_MS = 2_000;
const MAX_PINGS_OUT = 2;
const TELL_EVERY_MS = 10_000;
/** A server that is there has answered by then: one that refuses is told of at once, and no start costs a connection more. */
const TELL_FIRST_MS = 500;

const away = new WeakSet<NatsConnection>();

/** False while the connection is lost or closed. True for connections not made here: nothing is known of them. */
export function isNatsUp(nc: NatsConnection): boolean {
  return !away.has(nc) && !nc.isClosed();
}

export async function connectNats(options: NatsConnectOptions): Promise<NatsHandle> {
  const { url, name, logger, metrics, access = {}, signal, tellEveryMs = TELL_EVERY_MS } = options;
  const up = metrics?.gauge(METRICS.dependencyUp);
  up?.set({ dependency: "nats" }, 0);
  const asked: NodeConnectionOptions = {
    name,
    waitOnFirstConnect: true,
    maxReconnectAttempts: -1,
    reconnectTimeWait: RECONNECT_MS,
    reconnectJitter: RECONNECT_JITTER_MS,
    timeout: CONNECT_TIMEOUT_MS,
    pingInterval: PING_INTERVAL_MS,
    maxPingOut: MAX_PINGS_OUT,
    // A server that was restarted without its users yet must not end a service for good.
    ignoreAuthErrorAbort: true,
    noAsyncTraces: true,
    ...natsOptions(url, access, (error) =>
      logger.error({ event: "nats.credentials_unreadable", error }, "what was read of the credentials before goes on"),
    ),
  };
  const tell = () => void tellWhyNot(asked, logger);
  const waiting = [
    systemClock.setTimer(Math.min(TELL_FIRST_MS, tellEveryMs), tell),
    systemClock.setRepeating(tellEveryMs, tell),
  ];
  const nc = await firstConnection(asked, signal).finally(() => {
    for (const timer of waiting) timer.cancel();
  });
  const upListeners = new Set<() => void>();
  const downListeners = new Set<() => void>();
  up?.set({ dependency: "nats" }, 1);
  if (metrics !== undefined) measureRoundTrip(metrics, "nats", () => (isNatsUp(nc) ? nc.rtt() : undefined));

  const notify = (listeners: Set<() => void>) => {
    for (const fn of listeners) {
      try {
        fn();
      } catch (error) {
        logger.error({ event: "nats.listener_failed", error }, "a connection listener threw");
      }
    }
  };
  let untilBack: Timer | undefined;
  const watch = async () => {
    for await (const status of nc.status()) {
      switch (status.type) {
        case "disconnect":
          away.add(nc);
          up?.set({ dependency: "nats" }, 0);
          logger.warn({ event: "nats.down" }, "nats connection lost");
          untilBack?.cancel();
          untilBack = systemClock.setRepeating(tellEveryMs, tell); // attempts fail without a word
          notify(downListeners);
          break;
        case "reconnect":
          away.delete(nc);
          untilBack?.cancel();
          up?.set({ dependency: "nats" }, 1);
          logger.info({ event: "nats.ready" }, "nats ready again");
          notify(upListeners);
          break;
        case "error":
          logger.warn({ event: "nats.error", error: status.error }, "nats server error");
          break;
        default:
          break;
      }
    }
  };
  watch().catch((error: unknown) => logger.error({ event: "nats.status_failed", error }, "nats status feed ended"));
  logger.info({ event: "nats.ready" }, "nats ready");

  return {
    nc,
    jetStream: access.jsDomain === undefined ? {} : { domain: access.jsDomain },
    isUp: () => isNatsUp(nc),
    onUp(fn) {
      upListeners.add(fn);
      return () => void upListeners.delete(fn);
    },
    onDown(fn) {
      downListeners.add(fn);
      return () => void downListeners.delete(fn);
    },
    async close() {
      upListeners.clear();
      downListeners.clear();
      untilBack?.cancel();
      if (nc.isClosed()) return;
      // Draining needs an answer of the server; without one it would wait for the next reconnect.
      if (isNatsUp(nc)) await nc.drain();
      else await nc.close();
    },
  };
}

/** The client does not say why there is no connection: one attempt that may fail does. */
async function tellWhyNot(asked: NodeConnectionOptions, logger: Logger): Promise<void> {
  try {
    const nc = await connect({ ...asked, waitOnFirstConnect: false, reconnect: false });
    await nc.close();
  } catch (error) {
    logger.warn({ event: "nats.waiting", error }, "no connection to nats yet");
  }
}

/** `connect` cannot be cancelled: an abort lets it finish alone and closes what it made. */
async function firstConnection(options: NodeConnectionOptions, signal?: AbortSignal): Promise<NatsConnection> {
  signal?.throwIfAborted();
  const connecting = connect(options);
  if (signal === undefined) return connecting;
  let onAbort = () => {};
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => {
      connecting.then(
        (nc) => nc.close(),
        () => undefined,
      );
      reject(signal.reason);
    };
    signal.addEventListener("abort", onAbort, { once: true });
  });
  try {
    return await Promise.race([connecting, aborted]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
