/** The shell around `log-cursor.ts`: connections, timers, and the loop that reads. One per followed partition. */

import {
  type Clock,
  connectRedis,
  type Logger,
  type Metrics,
  type Random,
  type RedisAccess,
  type RedisConnection,
} from "@rollcall/runtime";
import { METRICS } from "@rollcall/telemetry";
import { encodeHeartbeat } from "./entry.ts";
import { HandOut } from "./hand-out.ts";
import { keysOf } from "./keys.ts";
import { DEFAULT_MAX_LEN } from "./log.ts";
import { type Cursor, type CursorEvent, newCursor, nextRead, reduce, SILENT_MS } from "./log-cursor.ts";
import { checkedRead, tailRead } from "./log-reads.ts";
import type { FollowHandlers, Place, Position } from "./seam.ts";

/** How often each reader writes a heartbeat: a lag probe, and proof that the log moves. */
const HEARTBEAT_MS = 1_000;
/** Pause after a failed read: doubling, with jitter, so that all edges do not come back as one. */
const BACKOFF_MIN_MS = 50;
const BACKOFF_MAX_MS = 1_000;
const DEFAULT_HOLD_MS = 10;

export interface LogReaderOptions {
  redisUrl: string;
  redisAccess?: RedisAccess;
  install: string;
  clock: Clock;
  random: Random;
  logger: Logger;
  metrics: Metrics;
  /** What heartbeats trim the log to; the same as for appends. */
  maxLen?: number;
  /** How long a flush may wait for the read that follows a peek. Default 10 ms. */
  holdMs?: number;
}

export class LogReader {
  readonly #at: Place;
  readonly #key: string;
  readonly #maxLen: number;
  readonly #holdMs: number;
  readonly #on: FollowHandlers;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #logger: Logger;
  readonly #lag;
  readonly #gaps;
  readonly #label: string;
  readonly #reader: RedisConnection;
  readonly #writer: RedisConnection;
  readonly #handOut: HandOut;
  readonly #stop = new AbortController();
  readonly #pinned = Promise.withResolvers<void>();
  readonly #done: Promise<void>;
  readonly #pulse;
  #cursor: Cursor;
  /** When the heartbeat was sent that has not come back yet. */
  #beatSentAtMs: number | undefined;
  #hold: { cancel(): void } | undefined;

  constructor(options: LogReaderOptions, at: Place, from: string | undefined, on: FollowHandlers) {
    const { redisUrl: url, redisAccess: access, install, clock, random, logger, metrics } = options;
    this.#at = at;
    this.#key = keysOf(install, at.cell).log(at.partition);
    this.#maxLen = options.maxLen ?? DEFAULT_MAX_LEN;
    this.#holdMs = options.holdMs ?? DEFAULT_HOLD_MS;
    this.#on = on;
    this.#clock = clock;
    this.#random = random;
    this.#logger = logger;
    this.#lag = metrics.gauge(METRICS.fanoutLag);
    this.#gaps = metrics.counter(METRICS.fanoutGaps);
    this.#label = random.id(12);
    this.#cursor = newCursor(from);
    this.#handOut = new HandOut({ at, on, clock, logger, metrics, label: this.#label, heard: (id) => this.#heard(id) });
    // No retry: a read that is sent again by itself would answer for a position we may have left.
    const overrides = { maxRetriesPerRequest: 0 };
    const connecting = { url, ...(access === undefined ? {} : { access }), clock, logger, metrics, overrides };
    this.#reader = connectRedis({ ...connecting, name: "fanout-read" });
    this.#writer = connectRedis({ ...connecting, name: "fanout-beat" });
    this.#reader.onReady((runId) => void this.#apply({ kind: "connected", runId }));
    this.#pulse = clock.setRepeating(HEARTBEAT_MS, () => this.#tick());
    this.#done = this.#run();
  }

  /** Resolves with the first answer of the log. */
  async pinned(signal?: AbortSignal): Promise<void> {
    if (signal === undefined) return this.#pinned.promise;
    signal.throwIfAborted();
    const aborted = Promise.withResolvers<never>();
    const onAbort = () => aborted.reject(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    await Promise.race([this.#pinned.promise, aborted.promise]).finally(() =>
      signal.removeEventListener("abort", onAbort),
    );
  }

  position(): Position | undefined {
    const id = this.#handOut.position ?? this.#cursor.position;
    return id === undefined ? undefined : { ...this.#at, id };
  }

  /** Nothing is handed out after it resolves. Idempotent. */
  async close(): Promise<void> {
    this.#stop.abort();
    this.#pulse.cancel();
    await Promise.all([this.#reader.close(), this.#writer.close(), this.#done]);
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    for (let failures = 0; !signal.aborted; ) {
      try {
        await this.#read();
        failures = 0;
      } catch (error) {
        this.#release();
        if (signal.aborted) return;
        this.#logger.debug({ event: "fanout.read_failed", error }, "reading the log failed");
        await this.#apply({ kind: "failed", nowMs: this.#clock.monotonic() });
        const capMs = Math.min(BACKOFF_MAX_MS, BACKOFF_MIN_MS * 2 ** Math.min(failures++, 10));
        await this.#clock.sleep(capMs * (0.5 + this.#random.float() / 2), signal).catch(() => {});
      }
    }
  }

  async #read(): Promise<void> {
    const redis = this.#reader.client;
    if (!this.#reader.isUp()) {
      await this.#apply({ kind: "failed", nowMs: this.#clock.monotonic() });
      await this.#reader.ready(this.#stop.signal);
    }
    const nowMs = this.#clock.monotonic();
    const isPeek = this.#hold !== undefined;
    const kind = isPeek ? "checked" : nextRead(this.#cursor, nowMs);
    await this.#apply({ kind: "reading", nowMs });
    const after = this.#cursor.position;
    let handedOut: boolean;
    if (kind === "tail" && after !== undefined) {
      const entries = await tailRead(redis, this.#key, after);
      handedOut = await this.#apply({ kind, entries, nowMs: this.#clock.monotonic() });
    } else {
      const answer = await checkedRead(redis, this.#key, after);
      handedOut = await this.#apply({ kind: "checked", ...answer, nowMs: this.#clock.monotonic() });
      this.#pinned.resolve();
    }
    if (handedOut && !isPeek && this.#on.peek?.() === true) {
      this.#hold = this.#clock.setTimer(this.#holdMs, () => this.#release());
    } else {
      this.#release(handedOut);
    }
  }

  /** Ends a hold, and flushes when there was one or `now` says so. */
  #release(now = false): void {
    const held = this.#hold !== undefined;
    this.#hold?.cancel();
    this.#hold = undefined;
    if (held || now) this.#handOut.call(() => this.#on.flush?.());
  }

  /** Takes the cursor's next step and carries out its effects in order. True when entries were handed out. */
  async #apply(event: CursorEvent): Promise<boolean> {
    const { cursor, effects } = reduce(this.#cursor, event);
    this.#cursor = cursor;
    let handedOut = false;
    for (const effect of effects) {
      if (this.#stop.signal.aborted) return false;
      switch (effect.kind) {
        case "deliver":
          await this.#handOut.run(effect.entries, this.#stop.signal);
          handedOut = true;
          break;
        case "gap":
          this.#gaps.inc();
          this.#logger.warn(
            { event: "fanout.gap", after: effect.after, before: effect.before },
            "log entries were lost",
          );
          this.#handOut.call(() => this.#on.gap({ after: effect.after, before: effect.before }));
          break;
        case "rewind":
          this.#gaps.inc();
          this.#logger.warn({ event: "fanout.rewind" }, "the log began anew");
          this.#handOut.call(() => this.#on.rewind());
          break;
        case "health":
          this.#handOut.call(() => this.#on.health(effect.state));
          break;
        case "reconnect":
          this.#reader.client.disconnect(true);
          break;
      }
    }
    return handedOut;
  }

  #heard(id: string): void {
    const nowMs = this.#clock.monotonic();
    if (this.#beatSentAtMs !== undefined) this.#lag.set((nowMs - this.#beatSentAtMs) / 1000);
    this.#beatSentAtMs = undefined;
    void this.#apply({ kind: "heard", id });
  }

  #tick(): void {
    const nowMs = this.#clock.monotonic();
    void this.#apply({ kind: "tick", nowMs });
    const waitedMs = this.#beatSentAtMs === undefined ? undefined : nowMs - this.#beatSentAtMs;
    if (waitedMs !== undefined) this.#lag.set(waitedMs / 1000);
    if (!this.#writer.isUp() || (waitedMs !== undefined && waitedMs < SILENT_MS)) return;
    this.#beatSentAtMs = nowMs;
    this.#writer.client.xadd(this.#key, "MAXLEN", "~", this.#maxLen, "*", ...encodeHeartbeat(this.#label)).then(
      (id) => (id === null ? undefined : this.#apply({ kind: "beat", id })),
      (error: unknown) => this.#logger.debug({ event: "fanout.beat_failed", error }, "a heartbeat was not written"),
    );
  }
}
