/**
 * Between ended spans and the collector: bounded, one export in flight, nothing ever waits for it. What does not fit
 * or is not taken is dropped and counted: a collector that is away costs spans, never latency or memory.
 */

import type { ReadableSpan, SpanExporter, SpanProcessor } from "@opentelemetry/sdk-trace";

/** The part of the runtime's clock that is needed here. */
export interface TimerSource {
  setRepeating(ms: number, fn: () => void): { cancel(): void };
  setTimer(ms: number, fn: () => void): { cancel(): void };
}

export type DropReason = "queue_full" | "export_failed" | "shutdown";

export interface ExportQueueOptions {
  exporter: SpanExporter;
  clock: TimerSource;
  onDropped?: (reason: DropReason, count: number) => void;
  /** Ended spans that may wait. Default 8,192. */
  maxQueued?: number;
  /** Spans in one export. Default 512. */
  maxBatch?: number;
  /** Between two exports when the queue is not full. Default 200 ms. */
  everyMs?: number;
  /** How long `shutdown` waits for the last exports. Default 2 s. */
  shutdownMs?: number;
}

export class ExportQueue implements SpanProcessor {
  readonly #options: Required<Omit<ExportQueueOptions, "onDropped">> & Pick<ExportQueueOptions, "onDropped">;
  readonly #timer: { cancel(): void };
  #queued: ReadableSpan[] = [];
  #exporting: Promise<void> | undefined;
  #closed = false;

  constructor(options: ExportQueueOptions) {
    this.#options = { maxQueued: 8_192, maxBatch: 512, everyMs: 200, shutdownMs: 2_000, ...options };
    this.#timer = options.clock.setRepeating(this.#options.everyMs, () => this.#exportNext());
  }

  onStart(): void {}

  onEnd(span: ReadableSpan): void {
    const dropped: DropReason | undefined = this.#closed
      ? "shutdown"
      : this.#queued.length >= this.#options.maxQueued
        ? "queue_full"
        : undefined;
    if (dropped !== undefined) {
      this.#drop(dropped, 1);
      return;
    }
    this.#queued.push(span);
    if (this.#queued.length >= this.#options.maxBatch) this.#exportNext();
  }

  /** Exports what is queued now, as far as the collector takes it. */
  async forceFlush(): Promise<void> {
    while (this.#exporting !== undefined || this.#queued.length > 0) {
      this.#exportNext();
      await this.#exporting;
    }
  }

  async shutdown(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#timer.cancel();
    let deadline: { cancel(): void } | undefined;
    const tooLate = new Promise<void>((resolve) => {
      deadline = this.#options.clock.setTimer(this.#options.shutdownMs, resolve);
    });
    await Promise.race([this.forceFlush(), tooLate]);
    deadline?.cancel();
    this.#drop("shutdown", this.#queued.length);
    this.#queued = [];
    // Not awaited: an exporter in the middle of its retries would hold the shutdown.
    this.#options.exporter.shutdown().catch(() => undefined);
  }

  #exportNext(): void {
    if (this.#exporting !== undefined || this.#queued.length === 0) return;
    const batch = this.#queued.splice(0, this.#options.maxBatch);
    this.#exporting = new Promise<void>((resolve) => {
      this.#options.exporter.export(batch, (result) => {
        if (result.code !== 0) this.#drop("export_failed", batch.length);
        resolve();
      });
    }).then(() => {
      this.#exporting = undefined;
      if (this.#queued.length >= this.#options.maxBatch) this.#exportNext();
    });
  }

  #drop(reason: DropReason, count: number): void {
    if (count > 0) this.#options.onDropped?.(reason, count);
  }
}
