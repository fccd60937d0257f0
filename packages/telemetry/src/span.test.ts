import { deepEqual, equal, match, notEqual, ok } from "node:assert/strict";
import { InMemorySpanExporter, type ReadableSpan } from "@opentelemetry/sdk-trace";
import { afterEach, describe, test } from "vitest";
import { activeTraceId, type SpanOptions, startSpan, withSpan } from "./span.ts";
import { startTelemetry, type Telemetry } from "./telemetry.ts";
import { parseTraceparent } from "./trace-context.ts";

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const SAMPLED = `00-${TRACE}-00f067aa0ba902b7-01`;
const UNSAMPLED = `00-${TRACE}-00f067aa0ba902b7-00`;

const noTimers = { setTimer: () => ({ cancel() {} }), setRepeating: () => ({ cancel() {} }) };
let running: Telemetry | undefined;
afterEach(async () => {
  await running?.shutdown();
  running = undefined;
});

function start(ratio: number) {
  const exporter = new InMemorySpanExporter();
  const telemetry = startTelemetry({ service: "rollcall-edge", instance: "edge-1", ratio, clock: noTimers, exporter });
  running = telemetry;
  return {
    async exported(): Promise<ReadableSpan[]> {
      await telemetry.flush();
      return exporter.getFinishedSpans();
    },
  };
}

describe("recorded", () => {
  test("a span continues its parent and hands itself on", async () => {
    const { exported } = start(0);
    const span = startSpan("emit", "order:shipped", {
      parent: SAMPLED,
      kind: "producer",
      attributes: { "rollcall.event": "order:shipped" },
    });
    equal(span.sampled, true);
    equal(span.traceId, TRACE);
    notEqual(span.traceparent, SAMPLED);
    span.setAttribute("rollcall.recipients", 3);
    span.end();
    span.end();
    const [only, ...others] = await exported();
    equal(others.length, 0);
    equal(only?.name, "emit order:shipped");
    equal(only?.spanContext().traceId, TRACE);
    equal(only?.parentSpanContext?.spanId, "00f067aa0ba902b7");
    equal(parseTraceparent(span.traceparent)?.spanId, only?.spanContext().spanId);
    deepEqual({ ...only?.attributes }, { "rollcall.event": "order:shipped", "rollcall.recipients": 3 });
    equal(only?.resource.attributes["service.name"], "rollcall-edge");
    equal(only?.resource.attributes["service.instance.id"], "edge-1");
  });

  test("links are kept, malformed ones left out", async () => {
    const { exported } = start(1);
    startSpan("deliver", "room:roster", { links: [SAMPLED, "nonsense", UNSAMPLED] }).end();
    const [span] = await exported();
    deepEqual(
      span?.links.map((link) => link.context.traceId),
      [TRACE, TRACE],
    );
  });

  test("[X4] a failure records the code or the class, never the message", async () => {
    const { exported } = start(1);
    for (const error of [Object.assign(new Error("SECRET"), { code: "TIMEOUT" }), new TypeError("SECRET"), "SECRET"]) {
      const span = startSpan("request", "ticket:reply");
      span.fail(error);
      span.end();
    }
    const spans = await exported();
    deepEqual(
      spans.map((span) => span.status.message),
      ["TIMEOUT", "TypeError", "unknown"],
    );
    ok(!JSON.stringify(spans.map((span) => [span.status, span.events, span.attributes])).includes("SECRET"));
  });
});

describe("the sampling decision", () => {
  const sampledOf = (options: SpanOptions) => startSpan("emit", "a:b", options).sampled;

  test("is the parent's, whatever the ratio", () => {
    start(0);
    equal(sampledOf({ parent: SAMPLED }), true);
    start(1);
    equal(sampledOf({ parent: UNSAMPLED }), false);
  });

  test("is this process's for roots, and for parents that a client sent", () => {
    start(1);
    equal(sampledOf({}), true);
    equal(sampledOf({ parent: UNSAMPLED, untrusted: true }), true);
    start(0);
    equal(sampledOf({}), false);
    equal(sampledOf({ parent: SAMPLED, untrusted: true }), false);
  });

  test("an untrusted parent keeps its trace id either way", () => {
    start(1);
    equal(startSpan("ack", "a:b", { parent: UNSAMPLED, untrusted: true }).traceId, TRACE);
    start(0);
    const span = startSpan("ack", "a:b", { parent: SAMPLED, untrusted: true });
    deepEqual([span.traceId, parseTraceparent(span.traceparent)?.sampled], [TRACE, false]);
  });

  test("a malformed parent counts as none", () => {
    start(1);
    const span = startSpan("ack", "a:b", { parent: "00-nonsense" });
    match(span.traceparent, /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
  });

  test("an event's own ratio replaces the process's", () => {
    start(0);
    equal(sampledOf({ ratio: 1 }), true);
    equal(sampledOf({ ratio: 0 }), false);
  });

  test("follows the ratio over many traces, and is the same for the same trace", () => {
    start(0.25);
    let chosen = 0;
    for (let i = 0; i < 4_000; i++) {
      const first = startSpan("emit", "a:b");
      const unsampled = `00-${first.traceId}-00f067aa0ba902b7-00`;
      equal(sampledOf({ parent: unsampled, untrusted: true }), first.sampled);
      if (first.sampled) chosen++;
      first.end();
    }
    ok(chosen > 800 && chosen < 1_200, `${chosen} of 4,000`);
  });
});

describe("not recorded", () => {
  test("an unsampled span hands its parent on and exports nothing", async () => {
    const { exported } = start(1);
    const span = startSpan("emit", "a:b", { parent: UNSAMPLED });
    equal(span.traceparent, UNSAMPLED);
    span.setAttribute("a", 1);
    span.fail(new Error("x"));
    span.end();
    equal((await exported()).length, 0);
  });

  test("without telemetry context travels all the same: the parent's flag, or a new unsampled trace", () => {
    equal(startSpan("emit", "a:b", { parent: SAMPLED }).traceparent, SAMPLED);
    match(startSpan("emit", "a:b").traceparent, /^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/);
  });

  test("without telemetry a client's sampled flag is not believed either", () => {
    equal(startSpan("ack", "a:b", { parent: SAMPLED, untrusted: true }).traceparent, UNSAMPLED);
  });
});

describe("the active span", () => {
  test("is seen in what runs inside, over awaits, and nowhere else", async () => {
    start(1);
    const span = startSpan("consume", "a:b");
    const inside = withSpan(span, async () => {
      await Promise.resolve();
      return activeTraceId();
    });
    equal(activeTraceId(), undefined);
    equal(await inside, span.traceId);
  });

  test("a late shutdown does not stop its successor", async () => {
    const first = startTelemetry({
      service: "a",
      instance: "a",
      ratio: 1,
      clock: noTimers,
      exporter: new InMemorySpanExporter(),
    });
    start(1);
    await first.shutdown();
    equal(startSpan("emit", "a:b").sampled, true);
  });
});
