/**
 * Gives entries to the handlers in the log's order, in turns too short to hold up the event loop. What one read brought
 * is flushed together, so that a connection is written to once; a large read is flushed in parts, the next part when
 * the one before has been written.
 */

import type { Clock, Logger, Metrics } from "@rollcall/runtime";
import { METRICS } from "@rollcall/telemetry";
import { DATA_FIELD, decodeEntry, peekTargets } from "./entry.ts";
import type { RawEntry } from "./log-cursor.ts";
import type { FollowHandlers, Place } from "./seam.ts";
import { idToMs } from "./stream-id.ts";

/** After so long others get a turn. */
const TURN_MS = 5;
/** A part ends after so many entries or characters: what it gathers for one socket stays far below the soft limit. */
const PART_ENTRIES = 128;
const PART_CHARS = 48 * 1024;
/** A flood of poison is one line in this time. */
const POISON_LOG_EVERY_MS = 10_000;

export interface HandOutOptions {
  at: Place;
  on: FollowHandlers;
  clock: Clock;
  logger: Logger;
  metrics: Metrics;
  /** Of our own heartbeats. */
  label: string;
  heard(id: string): void;
}

export class HandOut {
  readonly #options: HandOutOptions;
  readonly #poison;
  #poisonLoggedAtMs = Number.NEGATIVE_INFINITY;
  /** Id of the last entry handed out or skipped. */
  position: string | undefined;

  constructor(options: HandOutOptions) {
    this.#options = options;
    this.#poison = options.metrics.counter(METRICS.fanoutPoison);
  }

  /** Flushes between parts, not after the last one: the caller may want to join more to it. */
  async run(entries: readonly RawEntry[], signal: AbortSignal): Promise<void> {
    const { clock, on } = this.#options;
    let turnAtMs = clock.monotonic();
    let count = 0;
    let chars = 0;
    for (const entry of entries) {
      const isFull = count >= PART_ENTRIES || chars >= PART_CHARS;
      if (isFull || clock.monotonic() - turnAtMs >= TURN_MS) {
        if (isFull) {
          this.call(() => on.flush?.());
          count = 0;
          chars = 0;
        }
        do await new Promise<void>((resolve) => clock.immediate(resolve));
        while (isFull && !signal.aborted && on.busy?.() === true);
        if (signal.aborted) return;
        turnAtMs = clock.monotonic();
      }
      count++;
      chars += entry.fields[DATA_FIELD]?.length ?? 0;
      this.position = entry.id;
      this.#one(entry);
    }
  }

  /** A handler that throws is a bug of ours; it must not end the reading of the log. */
  call(handler: () => void): void {
    try {
      handler();
    } catch (error) {
      this.#options.logger.error({ event: "fanout.handler_failed", error }, "a handler of the log threw");
    }
  }

  #one({ id, fields }: RawEntry): void {
    const { at, on, label, heard } = this.#options;
    const peeked = peekTargets(fields);
    if (peeked.kind === "heartbeat") {
      if (peeked.edge === label) heard(id);
      return;
    }
    if (peeked.kind === "message" && on.wants?.(peeked.namespace, peeked.targets) === false) return;
    const entry = peeked.kind === "message" ? decodeEntry(fields) : undefined;
    if (entry === undefined) this.#poisoned(id);
    else this.call(() => on.entry({ ...entry, position: { ...at, id }, loggedAtMs: idToMs(id) }));
  }

  #poisoned(id: string): void {
    this.#poison.inc();
    const nowMs = this.#options.clock.monotonic();
    if (nowMs - this.#poisonLoggedAtMs < POISON_LOG_EVERY_MS) return;
    this.#poisonLoggedAtMs = nowMs;
    this.#options.logger.warn({ event: "fanout.poison", id }, "a malformed log entry was skipped");
  }
}
