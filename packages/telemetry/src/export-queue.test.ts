import { deepEqual, equal, ok } from "node:assert/strict";
import { type ReadableSpan, type SpanExporter, TracerProvider } from "@opentelemetry/sdk-trace";
import { test } from "vitest";
import { ExportQueue, type ExportQueueOptions } from "./export-queue.ts";

/** An exporter that answers when the test says so, and a clock that ticks when the test says so. */
function setUp(options: Partial<ExportQueueOptions> = {}) {
  const batches: ReadableSpan[][] = [];
  const answers: ((code: 0 | 1) => void)[] = [];
  const exporter: SpanExporter = {
    export(spans, done) {
      batches.push(spans);
      answers.push((code) => done({ code }));
    },
    shutdown: async () => {},
  };
  const dropped: Record<string, number> = {};
  const timers = { tick: () => {}, late: () => {}, cancelled: 0 };
  const cancel = () => void timers.cancelled++;
  const queue = new ExportQueue({
    exporter,
    clock: {
      setRepeating: (_ms, fn) => {
        timers.tick = fn;
        return { cancel };
      },
      setTimer: (_ms, fn) => {
        timers.late = fn;
        return { cancel };
      },
    },
    onDropped: (reason, count) => {
      dropped[reason] = (dropped[reason] ?? 0) + count;
    },
    ...options,
  });
  const tracer = new TracerProvider({ spanProcessors: [queue] }).getTracer("test");
  const make = (count: number) => {
    for (let i = 0; i < count; i++) tracer.startSpan(`span ${i}`).end();
  };
  const answer = async (code: 0 | 1 = 0) => {
    answers.shift()?.(code);
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { queue, make, answer, batches, dropped, timers, sizes: () => batches.map((batch) => batch.length) };
}

test("spans leave with the next tick, one export at a time", async () => {
  const { make, timers, sizes, answer } = setUp();
  make(3);
  deepEqual(sizes(), []);
  timers.tick();
  make(2);
  timers.tick();
  deepEqual(sizes(), [3]);
  await answer();
  timers.tick();
  deepEqual(sizes(), [3, 2]);
});

test("a full batch leaves at once, and the next one after it", async () => {
  const { make, sizes, answer } = setUp({ maxBatch: 10, maxQueued: 100 });
  make(35);
  deepEqual(sizes(), [10]);
  await answer();
  deepEqual(sizes(), [10, 10]);
});

test("a collector that takes nothing costs spans, counted, and no more memory than the queue", async () => {
  const { make, answer, dropped, timers, sizes } = setUp({ maxBatch: 10, maxQueued: 20 });
  make(1_000);
  deepEqual(sizes(), [10]);
  deepEqual(dropped, { queue_full: 1_000 - 10 - 20 });
  await answer(1);
  deepEqual(dropped, { queue_full: 970, export_failed: 10 });
  timers.tick();
  deepEqual(sizes(), [10, 10]);
});

test("after a failure the next batch is tried all the same", async () => {
  const { make, answer, timers, sizes } = setUp();
  make(1);
  timers.tick();
  await answer(1);
  make(1);
  timers.tick();
  deepEqual(sizes(), [1, 1]);
});

test("a flush waits for what is queued", async () => {
  const { queue, make, answer, sizes } = setUp({ maxBatch: 10, maxQueued: 100 });
  make(15);
  let flushed = false;
  const flushing = queue.forceFlush().then(() => {
    flushed = true;
  });
  await answer();
  equal(flushed, false);
  await answer();
  await flushing;
  deepEqual(sizes(), [10, 5]);
});

test("shutdown waits a bounded time, drops the rest, and takes nothing any more", async () => {
  const { queue, make, dropped, timers } = setUp({ maxBatch: 10, maxQueued: 100 });
  make(25);
  const stopping = queue.shutdown();
  timers.late();
  await stopping;
  deepEqual(dropped, { shutdown: 15 });
  make(1);
  deepEqual(dropped, { shutdown: 16 });
  ok(timers.cancelled >= 2);
  await queue.shutdown();
});
