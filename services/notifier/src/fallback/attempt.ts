/**
 * From a queue to a channel: what a worker does with one job. The ledger decides whether there is anything to do; what
 * the channel did is told to it before the job ends.
 */

import type { Contracts } from "@rollcall/contracts";
import type { Clock, Logger, Random } from "@rollcall/runtime";
import { ATTRIBUTES, startSpan } from "@rollcall/telemetry";
import { DelayedError, type Job, type Queue, RateLimitError } from "bullmq";
import type { InboxStore } from "../inbox/inbox-store.ts";
import type { Timer, Turned } from "../inbox/inbox-types.ts";
import { isFinal } from "../ledger/ledger.ts";
import { backoffMs } from "../retry.ts";
import { type Channel, type Notice, NotNow, type Permit, Refused } from "./channel.ts";
import { type Companion, digestOf, takeAlong } from "./digest.ts";
import { type JobData, type Jobs, keyOf, RECONCILE_MS } from "./jobs.ts";

export interface AttemptOptions {
  contracts: Contracts;
  store: InboxStore;
  jobs: Jobs;
  count(turned: Turned | undefined): void;
  /** For the metric. */
  attempted(channel: string, result: string, ageMs: number): void;
  /** Aborted when the process stops. */
  signal: AbortSignal;
  clock: Clock;
  random: Random;
  logger: Logger;
}

export interface Attempt {
  job: Job<JobData>;
  token: string | undefined;
  queue: Queue<JobData>;
  channel: Channel;
}

export function createAttempt(options: AttemptOptions) {
  const { contracts, store, jobs, count, attempted, signal, clock, random, logger } = options;

  return async (attempt: Attempt): Promise<void> => {
    const { job, queue, channel } = attempt;
    const timer = timerOf(job.data);
    const { waitMs, withdraw } = channel.begin?.() ?? FREE;
    // The ledger is not bothered, but for what has waited too long and ends by it.
    if (waitMs > 0 && clock.now() - job.data.dueAtMs < channel.maxAgeMs) await leaveAlone(queue, waitMs);
    const claimed = await claim(timer).catch((error: unknown) => {
      withdraw();
      throw error;
    });
    if (claimed === undefined) return withdraw();
    if (waitMs > 0) return failed(attempt, claimed, new NotNow(waitMs));
    await send(attempt, timer, claimed);
  };

  /** Undefined: there is nothing to send any more. */
  async function claim(timer: Timer): Promise<Turned | undefined> {
    const claimed = await store.turn(timer, ["due", "claim"], RECONCILE_MS);
    count(claimed);
    return claimed === undefined || isFinal(claimed.state) ? undefined : claimed;
  }

  async function send(attempt: Attempt, timer: Timer, claimed: Turned): Promise<void> {
    const { job, channel } = attempt;
    const span = startSpan("deliver", claimed.event, {
      parent: claimed.info.traceparent,
      kind: "client",
      attributes: { [ATTRIBUTES.messageId]: timer.mid, [ATTRIBUTES.tenant]: timer.tenant },
    });
    const ageMs = claimed.nowMs - job.data.dueAtMs;
    const notice = noticeOf(timer, claimed, claimed.info.traceparent === undefined ? undefined : span.traceparent);
    const companions = await companionsOf(timer, claimed.event);
    try {
      const result = await channel.send(digestOf(notice, claimed, companions), signal);
      span.setAttribute(ATTRIBUTES.code, result);
      attempted(job.data.channel, result, ageMs);
      // Its own end last: a worker that takes over sends the rest under the same key.
      for (const companion of companions) await persist(companion.timer, result);
      await persist(timer, result);
      if (companions.length > 0) {
        const mids = companions.map((companion) => companion.timer.mid);
        await store.scatter(timer, claimed.event, mids);
      }
    } catch (error) {
      span.fail(error);
      attempted(job.data.channel, resultOf(error), ageMs);
      for (const companion of companions) count(await store.turn(companion.timer, ["failed"]));
      await failed(attempt, claimed, error);
    } finally {
      span.end();
    }
  }

  async function companionsOf(timer: Timer, event: string): Promise<Companion[]> {
    if (contracts.namespaces.get(timer.namespace)?.events.get(event)?.durable?.digest === undefined) return [];
    const { taken, ended } = await takeAlong(store, timer, event, RECONCILE_MS);
    for (const record of ended) count(record);
    return taken;
  }

  /** What the channel did is done: the ledger must come to know it, or the next attempt repeats it. */
  async function persist(timer: Timer, result: "sent" | "gone"): Promise<void> {
    for (let attempt = 0; ; attempt++) {
      try {
        return count(await store.turn(timer, [result]));
      } catch (error) {
        if (signal.aborted || attempt >= 20) throw error;
        logger.debug({ event: "fallback.persist_retry", error }, "the ledger is away: trying again");
        await clock.sleep(backoffMs({ minMs: 50, maxMs: 2_000 }, attempt, random), signal);
      }
    }
  }

  /** Throws, so that the job comes again, unless this was the last attempt. */
  async function failed({ job, token, queue, channel }: Attempt, claimed: Turned, error: unknown): Promise<void> {
    const isOld = claimed.nowMs - job.data.dueAtMs >= channel.maxAgeMs;
    const turned = await store.turn(timerOf(job.data), [isOld ? "exhausted" : "failed"]);
    count(turned);
    if (turned === undefined || isFinal(turned.state)) return;
    if (error instanceof NotNow) await leaveAlone(queue, error.inMs);
    logger.info(
      { event: "fallback.attempt_failed", channel: job.data.channel, error },
      "the channel did not take a notice",
    );
    const waitMs = channel.waitMs?.() ?? 0;
    if (waitMs === 0) throw error;
    // Its host is ill, which is not this notice's doing: it does not back off for it. But another one is tried next,
    // lest one that the host cannot stomach keeps all others waiting.
    await jobs.putBehind(job, clock.now() + waitMs + backoffMs(BEHIND, 0, random), token);
    await jobs.rest(queue, waitMs);
    throw new DelayedError();
  }

  /** The queue rests, and the job in hand goes back to its front. */
  async function leaveAlone(queue: Queue<JobData>, ms: number): Promise<never> {
    await jobs.rest(queue, ms);
    throw new RateLimitError();
  }
}

const FREE: Permit = { waitMs: 0, withdraw() {} };

const resultOf = (error: unknown) =>
  error instanceof NotNow ? "later" : error instanceof Refused ? "refused" : "failed";

/** How far one that failed is put behind those that wait for the same host. */
const BEHIND = { minMs: 500, maxMs: 500 };

const timerOf = ({ tenant, namespace, user, mid }: JobData): Timer => ({ tenant, namespace, user, mid });

function noticeOf(timer: Timer, record: Turned, traceparent: string | undefined): Notice {
  return {
    id: timer.mid,
    key: keyOf(timer),
    event: record.event,
    tenant: timer.tenant,
    user: timer.user,
    data: JSON.parse(record.dataJson),
    ts: record.info.ts,
    ...(traceparent === undefined ? {} : { traceparent }),
  };
}
