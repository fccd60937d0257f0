/**
 * What happens to durable events that nobody acknowledged in time. Timers live in the ledger's store, made in one
 * commit with the record; when one comes due, a BullMQ job brings the notice to its channel and repeats until it is
 * taken, refused for good, or too old. The ledger decides, the job only works: a job that is lost is made again, one
 * that comes twice finds the record final.
 */

import type { Contracts, EventContract } from "@rollcall/contracts";
import type { Clock, Logger, Metrics, Random } from "@rollcall/runtime";
import { METRICS } from "@rollcall/telemetry";
import { Queue, type RedisOptions, Worker } from "bullmq";
import { type Faults, withFaults } from "../faults.ts";
import type { InboxStore } from "../inbox/inbox-store.ts";
import type { Timer, Turned } from "../inbox/inbox-types.ts";
import { isQuiet, type Preferences } from "../inbox/preferences.ts";
import { isFinal } from "../ledger/ledger.ts";
import { backoffMs } from "../retry.ts";
import { createAttempt } from "./attempt.ts";
import type { Channel } from "./channel.ts";
import { BACKOFF, type JobData, type Jobs, makeJob, putBehind, queueName, RECONCILE_MS, rest } from "./jobs.ts";
import { startQueueGauge } from "./queue-gauge.ts";
import { unknownChannels } from "./unknown-channels.ts";

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
  faults: Faults | undefined;
}

export interface Fallback {
  stop(): Promise<void>;
}

const TAKE = 100;
const CONCURRENCY = 10;
/** A job that still waits then was put off by a clock that is wrong. */
const LATEST_RETRY_MS = BACKOFF.maxMs + RECONCILE_MS;
/** A stalled job is worked again; the ledger's claim keeps that harmless. */
const MAX_STALLED = 5;
/** Never reached: BullMQ lets a queue rest (`rateLimit`) only where it has a limit. */
const NO_LIMIT = { max: 1_000_000, duration: 1_000 };

export function startFallback(options: FallbackOptions): Fallback {
  const { contracts, store, preferences, channels, prefix, connection, clock, random, logger } = options;
  const outcomes = options.metrics.counter(METRICS.notifierOutcomes);
  const jobs: Jobs = withFaults("jobs", { make: makeJob, rest, putBehind }, options.faults);
  const stopping = new AbortController();
  const queues = new Map<string, Queue<JobData>>();
  const workers: Worker<JobData>[] = [];
  const attempts = options.metrics.counter(METRICS.notifierFallbackAttempts);
  const ages = options.metrics.histogram(METRICS.notifierFallbackAge);
  const attempted = (channel: string, result: string, ageMs: number) => {
    attempts.inc({ channel, result });
    ages.observe({ channel, result }, Math.max(0, ageMs) / 1_000);
  };
  const attempt = createAttempt({
    contracts,
    store,
    jobs,
    count,
    attempted,
    signal: stopping.signal,
    clock,
    random,
    logger,
  });
  for (const [channel, events] of unknownChannels(contracts, channels)) {
    const declared = events.join(" ");
    logger.warn({ event: "fallback.channel_unknown", channel, declared }, "CHANNELS has no such channel: notices wait");
  }
  for (const [name, channel] of channels) {
    const common = { connection, prefix };
    const queue = new Queue<JobData>(queueName(name), common);
    queue.on("error", (error) => logger.debug({ event: "fallback.queue_error", channel: name, error }, "queue error"));
    const worker = new Worker<JobData>(queueName(name), (job, token) => attempt({ job, token, queue, channel }), {
      ...common,
      concurrency: CONCURRENCY,
      limiter: channel.rate ?? NO_LIMIT,
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

  const gauge = startQueueGauge({
    queues,
    countOpen: async () =>
      (await Promise.all(options.cells.map((cell) => store.countOpen(cell)))).reduce((a, b) => a + b),
    isUp: () => store.isUp(),
    clock,
    logger,
    metrics: options.metrics,
  });

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
      if (inMs > 0) return void (await store.turn(due, [], inMs));
      // Another one's notice is under way. This one was in time for it, or is next when it is taken: it looks again.
      if (!leads) return;
    }
    // The job first: a record that says `handed` without a job would wait for the next round.
    const isOverdue = record.nowMs - record.changedAtMs > LATEST_RETRY_MS;
    await jobs.make(queue, { ...due, channel: rule.channel, dueAtMs: record.nowMs }, isOverdue);
    count(await store.turn(due, ["due"], RECONCILE_MS));
  }

  async function isUnwanted(due: Timer, record: Turned): Promise<boolean> {
    const { mute, quiet } = await preferences.get(due.tenant, due.user);
    return isQuiet(quiet, record.nowMs) || (mute?.includes(record.event) ?? false);
  }

  return {
    async stop() {
      timer.cancel();
      gauge.cancel();
      await sweeping;
      stopping.abort(new Error("stopping"));
      await Promise.all(workers.map((worker) => worker.close()));
      await Promise.all([...queues.values()].map((queue) => queue.close()));
      await Promise.all([...channels.values()].map((channel) => channel.close?.()));
    },
  };
}
