/**
 * What happens to durable events that nobody acknowledged in time. Timers live in the ledger's store, made in one
 * commit with the record; when one comes due, a BullMQ job brings the notice to its channel and repeats until it is
 * taken, refused for good, or too old. The ledger decides, the job only works: a job that is lost is made again, one
 * that comes twice finds the record final.
 */

import type { Contracts, EventContract } from "@rollcall/contracts";
import type { Clock, Logger, Metrics, Random } from "@rollcall/runtime";
import { ATTRIBUTES, METRICS, startSpan } from "@rollcall/telemetry";
import { DelayedError, type Job, Queue, type RedisOptions, Worker } from "bullmq";
import type { InboxStore } from "../inbox/inbox-store.ts";
import type { Timer, Turned } from "../inbox/inbox-types.ts";
import { isQuiet, type Preferences } from "../inbox/preferences.ts";
import { isFinal } from "../ledger/ledger.ts";
import { backoffMs } from "../retry.ts";
import { messageId } from "../routing/identity.ts";
import { type Channel, type Notice, NotNow } from "./channel.ts";
import { type Companion, digestOf, takeAlong } from "./digest.ts";

export interface FallbackOptions {
  contracts: Contracts;
  store: InboxStore;
  preferences: Preferences;
  channels: ReadonlyMap<string, Channel>;
  /** Hash-tagged, so that BullMQ's scripts stay in one slot. */
  prefix: string;
  /** Durable Redis; `maxRetriesPerRequest: null`. */
  connection: RedisOptions;
  cells: readonly string[];
  everyMs: number;
  /** A job whose worker died is worked again after one to two of these, timers a replica took and left after one. */
  lockMs: number;
  clock: Clock;
  random: Random;
  logger: Logger;
  metrics: Metrics;
}

export interface Fallback {
  stop(): Promise<void>;
}

interface JobData extends Timer {
  channel: string;
  /** Redis' time: its age must not depend on whose clock is asked. */
  dueAtMs: number;
}

const TAKE = 100;
/** How often a record that waits for its job is compared with the queue. */
const RECONCILE_MS = 60_000;
const CONCURRENCY = 10;
const BACKOFF = { minMs: 1_000, maxMs: 5 * 60_000 };
/** A job that still waits then was put off by a clock that is wrong. */
const LATEST_RETRY_MS = BACKOFF.maxMs + RECONCILE_MS;
/** A stalled job is worked again; the ledger's claim keeps that harmless. */
const MAX_STALLED = 5;
/** Age, not attempts, ends a notice. */
const ATTEMPTS = 1_000_000;

export function startFallback(options: FallbackOptions): Fallback {
  const { contracts, store, preferences, channels, prefix, connection, clock, random, logger } = options;
  const outcomes = options.metrics.counter(METRICS.notifierOutcomes);
  const stopping = new AbortController();
  const queues = new Map<string, Queue<JobData>>();
  const workers: Worker<JobData>[] = [];
  for (const [name, channel] of channels) {
    const common = { connection, prefix };
    const queue = new Queue<JobData>(queueName(name), common);
    queue.on("error", (error) => logger.debug({ event: "fallback.queue_error", channel: name, error }, "queue error"));
    const worker = new Worker<JobData>(queueName(name), (job, token) => work(job, token, channel), {
      ...common,
      concurrency: CONCURRENCY,
      maxStalledCount: MAX_STALLED,
      lockDuration: options.lockMs,
      stalledInterval: options.lockMs,
      settings: { backoffStrategy: (attemptsMade) => Math.round(backoffMs(BACKOFF, attemptsMade - 1, random)) },
    });
    worker.on("error", (error) =>
      logger.debug({ event: "fallback.worker_error", channel: name, error }, "worker error"),
    );
    queues.set(name, queue);
    workers.push(worker);
  }

  function contractOf(timer: Timer, event: string): EventContract | undefined {
    return contracts.namespaces.get(timer.namespace)?.events.get(event);
  }

  function count(turned: Turned | undefined): void {
    if (turned?.becameFinal === true) outcomes.inc({ outcome: turned.state, reason: turned.reason });
  }

  // Due: from the ledger to a queue.

  let sweeping: Promise<void> | undefined;
  const timer = clock.setRepeating(options.everyMs, () => {
    if (sweeping !== undefined || !store.isUp()) return;
    sweeping = sweep()
      .catch((error: unknown) =>
        logger.warn({ event: "fallback.sweep_failed", error }, "timers wait for the next round"),
      )
      .finally(() => {
        sweeping = undefined;
      });
  });

  async function sweep(): Promise<void> {
    for (const cell of options.cells) {
      for (;;) {
        const taken = await store.takeDue(cell, TAKE, options.lockMs);
        await Promise.all(taken.map(settle));
        if (taken.length < TAKE || stopping.signal.aborted) break;
      }
    }
  }

  async function settle(due: Timer): Promise<void> {
    const record = await store.turn(due, []);
    if (record === undefined || isFinal(record.state)) return;
    const isOver = record.expiresAtMs === undefined || record.nowMs >= record.expiresAtMs;
    if (isOver && record.state !== "attempting" && record.state !== "overtaken") {
      return count(await store.turn(due, ["expire"]));
    }
    const { fallback: rule, digest } = contractOf(due, record.event)?.durable ?? {};
    const queue = rule === undefined ? undefined : queues.get(rule.channel);
    if (rule === undefined || queue === undefined) {
      // The contract or the channel is gone: its ttl ends it, and a fixed deployment finds it before.
      await store.turn(due, [], RECONCILE_MS);
      return;
    }
    if (record.state === "pending" && (await isUnwanted(due, record))) {
      return count(await store.turn(due, ["preference"]));
    }
    if (digest !== undefined) {
      const { leads, inMs } = await store.gather(due, record.event, digest.windowMs);
      if (!leads || inMs > 0) return void (await store.turn(due, [], inMs > 0 ? inMs : RECONCILE_MS));
    }
    // The job first: a record that says `handed` without a job would wait for the next round.
    const isOverdue = record.nowMs - record.changedAtMs > LATEST_RETRY_MS;
    await makeJob(queue, { ...due, channel: rule.channel, dueAtMs: record.nowMs }, isOverdue);
    count(await store.turn(due, ["due"], RECONCILE_MS));
  }

  async function isUnwanted(due: Timer, record: Turned): Promise<boolean> {
    const { mute, quiet } = await preferences.get(due.tenant, due.user);
    return isQuiet(quiet, record.nowMs) || (mute?.includes(record.event) ?? false);
  }

  /** One job per record, however often it is asked for; one that ended without an end of the record is made anew. */
  async function makeJob(queue: Queue<JobData>, data: JobData, isOverdue: boolean): Promise<void> {
    const jobId = keyOf(data);
    const existing = await queue.getJob(jobId);
    if (existing !== undefined) {
      const state = await existing.getState();
      if (state === "delayed" && isOverdue) return existing.promote();
      if (state !== "failed" && state !== "completed" && state !== "unknown") return;
      await existing.remove();
    }
    await queue.add("notice", data, {
      jobId,
      attempts: ATTEMPTS,
      backoff: { type: "custom" },
      removeOnComplete: true,
      removeOnFail: true,
    });
  }

  // Work: from a queue to a channel.

  async function work(job: Job<JobData>, token: string | undefined, channel: Channel): Promise<void> {
    const timer: Timer = timerOf(job.data);
    const claimed = await store.turn(timer, ["due", "claim"], RECONCILE_MS);
    count(claimed);
    if (claimed === undefined || isFinal(claimed.state)) return;
    const span = startSpan("deliver", claimed.event, {
      parent: claimed.info.traceparent,
      kind: "client",
      attributes: { [ATTRIBUTES.messageId]: timer.mid, [ATTRIBUTES.tenant]: timer.tenant },
    });
    const notice = noticeOf(timer, claimed, span.sampled ? span.traceparent : undefined);
    const companions = await companionsOf(timer, claimed.event);
    try {
      const result = await channel.send(digestOf(notice, companions), stopping.signal);
      span.setAttribute(ATTRIBUTES.code, result);
      // Its own end last: a worker that takes over sends the rest under the same key.
      for (const companion of companions) await persist(companion.timer, result);
      await persist(timer, result);
      if (companions.length > 0)
        await store.scatter(
          timer,
          claimed.event,
          companions.map(({ timer }) => timer.mid),
        );
    } catch (error) {
      span.fail(error);
      for (const companion of companions) count(await store.turn(companion.timer, ["failed"]));
      await failed(job, token, channel, claimed, error);
    } finally {
      span.end();
    }
  }

  async function companionsOf(timer: Timer, event: string): Promise<Companion[]> {
    if (contractOf(timer, event)?.durable?.digest === undefined) return [];
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
        if (stopping.signal.aborted || attempt >= 20) throw error;
        logger.debug({ event: "fallback.persist_retry", error }, "the ledger is away: trying again");
        await clock.sleep(backoffMs({ minMs: 50, maxMs: 2_000 }, attempt, random), stopping.signal);
      }
    }
  }

  async function failed(
    job: Job<JobData>,
    token: string | undefined,
    channel: Channel,
    claimed: Turned,
    error: unknown,
  ): Promise<void> {
    const isOld = claimed.nowMs - job.data.dueAtMs >= channel.maxAgeMs;
    const turned = await store.turn(timerOf(job.data), [isOld ? "exhausted" : "failed"]);
    count(turned);
    if (turned === undefined || isFinal(turned.state)) return;
    logger.info(
      { event: "fallback.attempt_failed", channel: job.data.channel, error },
      "the channel did not take a notice",
    );
    if (error instanceof NotNow) {
      await job.moveToDelayed(clock.now() + error.inMs, token);
      throw new DelayedError();
    }
    throw error;
  }

  return {
    async stop() {
      timer.cancel();
      await sweeping;
      stopping.abort(new Error("stopping"));
      await Promise.all(workers.map((worker) => worker.close()));
      await Promise.all([...queues.values()].map((queue) => queue.close()));
      await Promise.all([...channels.values()].map((channel) => channel.close?.()));
    },
  };
}

export const queueName = (channel: string) => `fallback-${channel}`;

/** Of this event for this recipient: the job's id and the receiver's key. Neither an integer nor with a colon. */
export function keyOf({ tenant, namespace, user, mid }: Timer): string {
  return `n-${messageId(tenant, `${namespace} ${user}`, mid)}`;
}

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
