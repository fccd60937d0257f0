/**
 * Request and reply over NATS: JSON in, `{ ok: true, data } | { ok: false, error }` out, catalogue errors on both
 * sides, trace context in the `traceparent` header. Every failure to get an answer becomes `UNAVAILABLE` or `TIMEOUT`.
 */

import {
  headers as createHeaders,
  type Msg,
  type NatsConnection,
  NoRespondersError,
  RequestError,
  type Subscription,
  TimeoutError,
} from "@nats-io/nats-core";
import { RollcallError, type WireError } from "@rollcall/contracts";
import { METRICS, parseTraceparent, TRACEPARENT_HEADER } from "@rollcall/telemetry";
import type { Clock } from "./clock.ts";
import type { Logger } from "./logger.ts";
import type { Metrics } from "./metrics.ts";
import { isNatsUp } from "./nats.ts";

export type Reply<T> = { ok: true; data: T } | { ok: false; error: WireError };

export interface RequestOptions {
  timeoutMs: number;
  traceparent?: string;
}

/**
 * Asks and waits. Throws `UNAVAILABLE` when nobody listens or NATS is away (then the request was not sent, or may have
 * been), `TIMEOUT` when the answer is late, and whatever error the other side answered.
 */
export async function request<T>(
  nc: NatsConnection,
  subject: string,
  body: unknown,
  options: RequestOptions,
): Promise<T> {
  // The client would keep the bytes for later; nobody waits for the answer then.
  if (!isNatsUp(nc)) throw new RollcallError("UNAVAILABLE");
  const payload = JSON.stringify(body);
  let message: Msg;
  try {
    message = await nc.request(subject, payload, {
      timeout: options.timeoutMs,
      ...(options.traceparent === undefined ? {} : { headers: traceHeaders(options.traceparent) }),
    });
  } catch (error) {
    throw requestFailure(error);
  }
  const reply = parseReply<T>(message);
  if (reply.ok) return reply.data;
  throw RollcallError.fromWire(reply.error);
}

function traceHeaders(traceparent: string) {
  const headers = createHeaders();
  headers.set(TRACEPARENT_HEADER, traceparent);
  return headers;
}

/** What the client throws, as an error of the catalogue. */
export function requestFailure(error: unknown): RollcallError {
  if (error instanceof TimeoutError) return new RollcallError("TIMEOUT", { cause: error });
  const tooLarge = error instanceof Error && error.message.includes("max_payload");
  if (tooLarge) return new RollcallError("PAYLOAD_TOO_LARGE", { cause: error });
  if (error instanceof RequestError && error.cause instanceof TimeoutError) {
    return new RollcallError("TIMEOUT", { cause: error });
  }
  // No responder, connection lost or closed, no permission: nobody can answer now.
  return new RollcallError("UNAVAILABLE", { cause: error });
}

/** True when the server said that nobody listens on the subject. */
export function isNoResponder(error: unknown): boolean {
  if (error instanceof RollcallError) return isNoResponder(error.cause);
  return error instanceof NoRespondersError || (error instanceof RequestError && error.isNoResponders());
}

function parseReply<T>(message: Msg): Reply<T> {
  try {
    const reply = message.json<Reply<T>>();
    if (reply?.ok === true || (reply?.ok === false && typeof reply.error === "object")) return reply;
  } catch (cause) {
    throw new RollcallError("INTERNAL", { message: "the answer is not JSON", cause });
  }
  throw new RollcallError("INTERNAL", { message: "the answer has not the shape of one" });
}

export interface ServeContext {
  subject: string;
  /** Valid, or undefined. */
  traceparent: string | undefined;
  /** Size of the request. */
  bytes: number;
}

export interface ServeOptions {
  /** Replicas of one queue share the requests. */
  queue?: string;
  logger: Logger;
  /** Counts answers under `name`; a closed set of names, never the subject. */
  metrics?: Metrics;
  name?: string;
  /** Requests handled at once; more are answered `OVERLOADED`. Default 1,024. */
  maxConcurrent?: number;
  /** What takes longer is answered `TIMEOUT` while somebody still waits; it may take effect all the same. */
  within?: { ms: number; clock: Clock };
}

/** Below the 5 s that a backend waits for its answer. */
export const ANSWER_WITHIN_MS = 4_500;

export interface Served {
  /** Requests in hand. */
  active(): number;
  /** No new requests; resolves when the last in hand is answered. */
  close(): Promise<void>;
}

const DEFAULT_MAX_CONCURRENT = 1_024;

export function serve(
  nc: NatsConnection,
  subject: string,
  options: ServeOptions,
  handler: (body: unknown, context: ServeContext) => Promise<unknown> | unknown,
): Served {
  const { logger, name = "other", maxConcurrent = DEFAULT_MAX_CONCURRENT } = options;
  const counter = options.metrics?.counter(METRICS.rpcRequests);
  const seconds = options.metrics?.histogram(METRICS.rpcSeconds);
  let active = 0;
  let onIdle: (() => void) | undefined;

  const answer = async (message: Msg): Promise<Reply<unknown>> => {
    if (active > maxConcurrent) throw new RollcallError("OVERLOADED", { retryAfterMs: 1_000 });
    const traceparent = message.headers?.get(TRACEPARENT_HEADER);
    const context: ServeContext = {
      subject: message.subject,
      traceparent: parseTraceparent(traceparent) === undefined ? undefined : traceparent,
      bytes: message.data.length,
    };
    return { ok: true, data: (await handler(parseBody(message), context)) ?? {} };
  };

  const inTime = async <T>(work: Promise<T>): Promise<T> => {
    const { within } = options;
    if (within === undefined) return work;
    const late = Promise.withResolvers<never>();
    const timer = within.clock.setTimer(within.ms, () => late.reject(new RollcallError("TIMEOUT")));
    try {
      return await Promise.race([work, late.promise]);
    } finally {
      timer.cancel();
    }
  };

  const handle = async (message: Msg): Promise<void> => {
    active++;
    const took = seconds?.startTimer({ name });
    let reply: Reply<unknown>;
    try {
      reply = await inTime(answer(message));
    } catch (error) {
      const known = RollcallError.from(error);
      if (known.code === "INTERNAL")
        logger.error({ event: "rpc.failed", code: known.code, name, ...traceOf(message), error }, "request failed");
      reply = { ok: false, error: known.toWire() };
    }
    took?.();
    counter?.inc({ name, code: reply.ok ? "OK" : reply.error.code });
    try {
      message.respond(JSON.stringify(reply));
    } catch (error) {
      respondFailure(message, error);
    } finally {
      active--;
      if (active === 0) onIdle?.();
    }
  };

  /** The answer is too large, no JSON, or the connection is closing: say so if it can be said. */
  const respondFailure = (message: Msg, error: unknown) => {
    logger.error({ event: "rpc.reply_failed", name, ...traceOf(message), error }, "an answer could not be sent");
    if (nc.isClosed()) return;
    message.respond(JSON.stringify({ ok: false, error: new RollcallError("INTERNAL").toWire() }));
  };

  const subscription: Subscription = nc.subscribe(subject, {
    ...(options.queue === undefined ? {} : { queue: options.queue }),
    callback: (error, message) => {
      if (error !== null) {
        logger.error({ event: "rpc.subscription_failed", name, error }, "a subscription ended");
        return;
      }
      void handle(message);
    },
  });

  return {
    active: () => active,
    async close() {
      if (!subscription.isClosed() && isNatsUp(nc)) await subscription.drain();
      else if (!subscription.isClosed()) subscription.unsubscribe();
      if (active === 0) return;
      await new Promise<void>((resolve) => {
        onIdle = resolve;
      });
    },
  };
}

/** By which whoever asked finds the line. */
function traceOf(message: Msg): { trace_id?: string } {
  const parsed = parseTraceparent(message.headers?.get(TRACEPARENT_HEADER));
  return parsed === undefined ? {} : { trace_id: parsed.traceId };
}

function parseBody(message: Msg): unknown {
  if (message.data.length === 0) return {};
  try {
    return message.json();
  } catch (cause) {
    throw new RollcallError("PAYLOAD_INVALID", {
      cause,
      details: { issues: [{ pointer: "", keyword: "type", message: "must be JSON" }] },
    });
  }
}
