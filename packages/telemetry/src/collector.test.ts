import { deepEqual, equal, rejects } from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, describe, test } from "vitest";
import { type Collector, type CollectorOptions, startCollector } from "./collector.ts";
import { startSpan } from "./span.ts";
import { startTelemetry } from "./telemetry.ts";
import { parseTraceparent } from "./trace-context.ts";

const noTimers = { setTimer: () => ({ cancel() {} }), setRepeating: () => ({ cancel() {} }), now: () => 0 };
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function start(options: CollectorOptions = {}): Promise<Collector> {
  const collector = await startCollector(options);
  cleanups.push(() => collector.close());
  return collector;
}
function tempFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "rollcall-spans-"));
  cleanups.push(() => rmSync(folder, { recursive: true }));
  return folder;
}

const traceId = (n: number) => n.toString(16).padStart(32, "0");
const otlp = (n: number, extra: Record<string, unknown> = {}) => ({
  resourceSpans: [
    {
      resource: { attributes: [{ key: "service.name", value: { stringValue: "rollcall-edge" } }] },
      scopeSpans: [
        {
          spans: [
            {
              traceId: traceId(n),
              spanId: "00f067aa0ba902b7",
              name: `emit a:${n}`,
              kind: 4,
              startTimeUnixNano: "1767225600000000001",
              endTimeUnixNano: "1767225600002500001",
              attributes: [{ key: "rollcall.event.id", value: { stringValue: `e${n}` } }],
              ...extra,
            },
          ],
        },
      ],
    },
  ],
});
const post = async (
  collector: Collector,
  body: string | Uint8Array<ArrayBuffer>,
  headers: Record<string, string> = {},
) => {
  const response = await fetch(`${collector.url}/v1/traces`, { method: "POST", body, headers });
  await response.text();
  return response.status;
};
const get = async (collector: Collector, path: string) => {
  const response = await fetch(`${collector.url}${path}`);
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
};

test("what the real exporter sends is what the collector tells", async () => {
  const collector = await start();
  const telemetry = startTelemetry({
    service: "rollcall-notifier",
    instance: "notifier-1",
    ratio: 1,
    clock: noTimers,
    endpoint: `${collector.url}/`,
  });
  const root = startSpan("publish", "order:shipped", { kind: "producer", attributes: { "rollcall.event.id": "42" } });
  const child = startSpan("consume", "order:shipped", { parent: root.traceparent, links: [root.traceparent] });
  child.setAttribute("n", 1);
  child.fail(Object.assign(new Error("x"), { code: "TIMEOUT" }));
  child.end();
  root.end();
  await telemetry.shutdown();

  // Both may have begun in the same instant: the trace may tell the child first.
  const spans = collector
    .trace(root.traceId)
    .toSorted((a, b) => Number(a.kind === "internal") - Number(b.kind === "internal"));
  deepEqual(
    spans.map(({ name, kind, service, instance, parentSpanId, error, attributes }) => ({
      name,
      kind,
      service,
      instance,
      parentSpanId,
      error,
      attributes,
    })),
    [
      {
        name: "publish order:shipped",
        kind: "producer",
        service: "rollcall-notifier",
        instance: "notifier-1",
        parentSpanId: undefined,
        error: undefined,
        attributes: { "messaging.system": "nats", "messaging.operation.type": "send", "rollcall.event.id": "42" },
      },
      {
        name: "consume order:shipped",
        kind: "internal",
        service: "rollcall-notifier",
        instance: "notifier-1",
        parentSpanId: parseTraceparent(root.traceparent)?.spanId,
        error: "TIMEOUT",
        attributes: { "messaging.system": "nats", "messaging.operation.type": "process", n: 1 },
      },
    ],
  );
  equal(spans[1]?.links[0]?.traceId, root.traceId);
  deepEqual(collector.find("rollcall.event.id", "42"), [root.traceId]);
});

test("a collector that is away costs spans, counted", async () => {
  const collector = await startCollector();
  await collector.close();
  const dropped: [string, number][] = [];
  const telemetry = startTelemetry({
    service: "s",
    instance: "i",
    ratio: 1,
    clock: noTimers,
    endpoint: collector.url,
    onDropped: (reason, count) => dropped.push([reason, count]),
  });
  startSpan("emit", "a:b").end();
  startSpan("emit", "a:b").end();
  await telemetry.flush();
  deepEqual(dropped, [["export_failed", 2]]);
  await telemetry.shutdown();
}, 20_000);

test("questions over HTTP", async () => {
  const collector = await start();
  equal(await post(collector, JSON.stringify(otlp(1))), 200);
  equal(await post(collector, gzipSync(JSON.stringify(otlp(2))), { "content-encoding": "gzip" }), 200);
  deepEqual((await get(collector, "/health")).body, { ok: true, traces: 2 });
  deepEqual((await get(collector, "/traces")).body, { traces: [traceId(2), traceId(1)] });
  deepEqual((await get(collector, "/find?rollcall.event.id=e1")).body, { traces: [traceId(1)] });
  deepEqual((await get(collector, "/find?rollcall.event.id=none")).body, { traces: [] });
  const { body } = await get(collector, `/traces/${traceId(1)}`);
  const [span] = body.spans as { name: string; durationMs: number; startMs: number }[];
  deepEqual([span?.name, span?.durationMs, span?.startMs], ["emit a:1", 2.5, 1767225600000]);
  equal((await get(collector, `/traces/${traceId(9)}`)).status, 404);
  equal((await get(collector, "/traces/..%2f")).status, 404);
  equal((await get(collector, "/find")).status, 400);
});

describe("[X1] bad input changes nothing and ends nothing", () => {
  const bad: [string, string | Uint8Array<ArrayBuffer>, Record<string, string>, number][] = [
    ["no JSON", "{", {}, 400],
    ["no gzip", "{}", { "content-encoding": "gzip" }, 400],
    ["a gzip bomb", gzipSync(Buffer.alloc(64 * 1024 * 1024)), { "content-encoding": "gzip" }, 400],
    ["another shape", '{"resourceSpans":{"scopeSpans":[1,null,{"spans":[null,{}]}]}}', {}, 200],
    ["null", "null", {}, 200],
    ["bad ids", JSON.stringify(otlp(1, { traceId: "../../x" })), {}, 200],
    ["odd types", JSON.stringify(otlp(1, { spanId: 5, attributes: "x", links: 1, status: 2, kind: [] })), {}, 200],
  ];
  test.each(bad)("%s", async (_name, body, headers, status) => {
    const collector = await start();
    equal(await post(collector, body, headers), status);
    deepEqual(collector.traces(), []);
  });

  test("a body beyond the limit", async () => {
    const collector = await start();
    const sent = post(collector, "x".repeat(17 * 1024 * 1024)).catch(() => 413); // cut while still sending
    equal(await sent, 413);
    equal((await get(collector, "/health")).status, 200);
  });

  test("garbage instead of HTTP", async () => {
    const collector = await start();
    const socket = connect(collector.port, "127.0.0.1").on("error", () => {});
    socket.end("\x00\x01\r\n\r\n");
    await new Promise<void>((resolve) => socket.resume().once("close", () => resolve()));
    equal((await get(collector, "/health")).status, 200);
  });
});

describe("bounds", () => {
  test("the oldest trace goes first", async () => {
    const collector = await start({ maxTraces: 3 });
    for (let n = 1; n <= 5; n++) await post(collector, JSON.stringify(otlp(n)));
    deepEqual(collector.traces(), [traceId(5), traceId(4), traceId(3)]);
  });

  test("a trace keeps a bounded number of spans", async () => {
    const collector = await start({ maxSpansPerTrace: 2 });
    for (let i = 0; i < 5; i++) await post(collector, JSON.stringify(otlp(1)));
    equal(collector.spans().length, 2);
  });
});

describe("with a folder", () => {
  test("a new collector knows what the last one knew, torn lines aside", async () => {
    const folder = tempFolder();
    const first = await startCollector({ folder });
    await post(first, JSON.stringify(otlp(1)));
    await first.close();
    writeFileSync(join(folder, "spans.jsonl"), '{"traceId":"torn', { flag: "a" });
    const second = await start({ folder });
    deepEqual(second.traces(), [traceId(1)]);
  });

  test("the folder stays bounded", async () => {
    const folder = tempFolder();
    const collector = await start({ folder, maxFileBytes: 1_000 });
    for (let n = 1; n <= 50; n++) await post(collector, JSON.stringify(otlp(n)));
    deepEqual(readdirSync(folder).toSorted(), ["spans.jsonl", "spans.previous.jsonl"]);
  });
});

test("a port that is taken is an error", async () => {
  const collector = await start();
  await rejects(startCollector({ port: collector.port }), /EADDRINUSE/);
});
