/**
 * Requests and their answers: deadlines, aborts, and the offline policy. Nothing waits unless the caller said so, and
 * what waits is bounded. Rules Q1-Q6 of `SPEC.md`.
 */

import { backoffMs } from "./backoff.ts";
import type { Clock } from "./clock.ts";
import { late, offline, RollcallError } from "./errors.ts";
import type { Link } from "./link.ts";

/**
 * Without a connection (or before a room is joined): `fail` rejects with `OFFLINE` at once. `wait` waits for it, and tries
 * again, with the same `id`, what failed in a way that passes, until `timeoutMs`.
 */
export type OfflinePolicy = "fail" | "wait";

export interface RequestOptions {
  /** Gives up and rejects with the signal's reason. What was sent may still take effect. */
  signal?: AbortSignal;
  /** From the call to the answer, all tries together: then `TIMEOUT`, or `OFFLINE` when it was never sent. Default 15,000. */
  timeoutMs?: number;
  /** Default: that of `createClient`. */
  offline?: OfflinePolicy;
  /** Repeats of one id apply once for 10 minutes. Default: random. */
  id?: string;
  /** W3C trace context of the action that causes this. */
  traceparent?: string;
}

/** Why a request cannot be sent now: a retryable error may pass, another is the answer. */
export type Gate = () => RollcallError | undefined;

export interface Requests {
  request<T>(name: string, payload: unknown, options?: RequestOptions, gate?: Gate): Promise<T>;
  /** Sends without asking for an answer; false when there is no connection. */
  send(name: string, payload: unknown): boolean;
  /** The session is ready. What waits is sent by `wake`. */
  up(link: Link): void;
  down(): void;
  /** Looks at what waits: a gate may have opened, or will never. */
  wake(): void;
}

/** For what the parts ask for themselves: they know when to ask again. */
export const FAIL: RequestOptions = { offline: "fail" };

export const MAX_PENDING = 1_000;
const TIMEOUT_MS = 15_000;

interface Pending {
  /** Sends, waits, or settles. */
  attempt(): void;
  /** The connection that carried it is gone. */
  lost(): void;
}

export function createRequests(clock: Clock, defaultPolicy: OfflinePolicy): Requests {
  const pending = new Set<Pending>();
  let link: Link | undefined;

  function request<T>(name: string, payload: unknown, options: RequestOptions = {}, gate?: Gate): Promise<T> {
    const { signal, timeoutMs = TIMEOUT_MS, offline: policy = defaultPolicy, traceparent } = options;
    const meta = options === FAIL ? null : { id: options.id ?? clock.id(), traceparent };
    return new Promise<T>((resolve, reject) => {
      signal?.throwIfAborted();
      if (pending.size >= MAX_PENDING) throw new RollcallError({ code: "LIMIT_EXCEEDED" }); // Q4
      /** Of the try that is under way; an answer to an older one says nothing about this. */
      let sent: object | undefined;
      /** In any try: it may have taken effect (Q2). */
      let everSent = false;
      let tries = 0;
      /** After a refusal: not before its time, whatever else happens. */
      let cancelRest: (() => void) | undefined;

      const settle = (finish: () => void) => {
        sent = {}; // what is still to come is void
        pending.delete(entry);
        cancelDeadline();
        cancelRest?.();
        signal?.removeEventListener("abort", abort);
        finish();
      };
      const fail = (error: unknown) => settle(() => reject(error));
      const abort = () => fail(signal?.reason);
      const refused = (error: RollcallError) => {
        sent = undefined;
        if (policy === "fail" || !error.retryable) return fail(error); // Q1, Q5
        cancelRest = clock.timer(backoffMs(tries++, clock.random(), error.retryAfterMs), () => {
          cancelRest = undefined;
          entry.attempt();
        });
      };
      const entry: Pending = {
        attempt() {
          if (sent || cancelRest) return;
          const closed = link ? gate?.() : offline(false);
          if (!closed) {
            const own = {};
            sent = own;
            everSent = true;
            link?.emit(name, payload, meta, (reply) => {
              if (own !== sent) return;
              if (reply.ok) settle(() => resolve(reply.data as T));
              else refused(new RollcallError(reply.error));
            });
          } else if (policy === "fail" || !closed.retryable) fail(closed);
        },
        lost() {
          if (!sent) return;
          sent = undefined;
          if (policy === "fail") fail(offline(true)); // Q2
        },
      };
      const cancelDeadline = clock.timer(timeoutMs, () =>
        fail(everSent ? late(timeoutMs, { details: { sent: true } }) : offline(false)),
      );
      signal?.addEventListener("abort", abort);
      pending.add(entry);
      entry.attempt();
    });
  }

  return {
    request,
    send(name, payload) {
      link?.emit(name, payload, null);
      return link !== undefined;
    },
    up(next) {
      link = next;
    },
    down() {
      link = undefined;
      for (const entry of [...pending]) entry.lost();
    },
    wake() {
      for (const entry of [...pending]) entry.attempt();
    },
  };
}
