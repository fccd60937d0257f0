import { deepEqual, equal, match, notEqual, ok } from "node:assert/strict";
import { InMemorySpanExporter, type ReadableSpan } from "@opentelemetry/sdk-trace";
import { afterEach, describe, test } from "vitest";
import { activeTraceId, laterSpan, type SpanOptions, startSpan, withSpan } from "./span.ts";
import { startTelemetry, type Telemetry } from "./telemetry.ts";
import { parseTraceparent } from "./trace-context.ts";

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const SAMPLED = `00-${TRACE}-00f067aa0ba902b7-01`;
const UNSAMPLED = `00-${TRACE}-00f067aa0ba902b7-00`;

let nowMs = 1_000_000;
const noTimers = { setTimer: () => ({ cancel() {} }), setRepeating: () => ({ cancel() {} }), now: () => nowMs };
let running: Telemetry | undefined;
afterEach(async () => {
  await running?.shutdown();
  running = undefined;
});

function start(ratio: number) {
  const exporter = new InMemorySpanExporter();
  const telemetry = startTelemetry({
    service: "rollcall-edge",
    instance: "edge-1",
    ratio,
    steps: [{ above: 1_000, share: 0 }],
    slowMs: 500,
    clock: noTimers,
    exporter,
  });
  running = telemetry;
  return {
    async exported(): Promise<ReadableSpan[]> {
      await telemetry.flush();
      return exporter.getFinishedSpans();
    },
  };
}

describe("a span whose name goes ahead of it", () => {
  test("is a sampled root under that name, from then on, with the links known by then", async () => {
    const { exported } = start(0);
    const span = laterSpan()!;
    const beganMs = nowMs;
    nowMs += 20;
    span.record("request", "session:sweep", { links: [SAMPLED, "nonsense"] });
    const [only, ...others] = await exported();
    equal(others.length, 0);
    const { traceId, spanId, sampled } = parseTraceparent(span.traceparent)!;
    deepEqual([only?.spanContext().traceId, only?.spanContext().spanId, sampled], [traceId, spanId, true]);
    deepEqual([only?.parentSpanContext, only?.links.map((link) => link.context.traceId)], [undefined, [TRACE]]);
    deepEqual(
      [only?.startTime, only?.endTime],
      [beganMs, nowMs].map((ms) => [Math.trunc(ms / 1000), (ms % 1000) * 1e6]),
    );
  });

  test("is nothing when there was nothing to tell, and is not begun where nothing is recorded", async () => {
    const { exported } = start(1);
    laterSpan();
    equal((await exported()).length, 0);
    await running?.shutdown();
    equal(laterSpan(), undefined);
  });
});

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
    deepEqual(
      { ...only?.attributes },
      {
        "messaging.system": "redis",
        "messaging.operation.type": "send",
        "rollcall.event": "order:shipped",
        "rollcall.recipients": 3,
      },
    );
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
    match(span.traceparent, /^00-[0-9a-f]{32}-[0-9a-f]{16}-03$/);
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

describe("kept although the head did not choose it", () => {
  test("what failed, and what was slow, with the id that was handed on", async () => {
    const { exported } = start(0);
    const failed = startSpan("ack", "a:b", { parent: UNSAMPLED, untrusted: true });
    failed.fail(Object.assign(new Error("SECRET"), { code: "UNAVAILABLE" }));
    failed.end();
    failed.end();
    const slow = startSpan("consume", "a:b");
    nowMs += 500;
    slow.end();
    startSpan("consume", "a:b").end();
    const [first, second, ...others] = await exported();
    equal(others.length, 0);
    deepEqual([first?.attributes["rollcall.kept"], first?.status.message], ["error", "UNAVAILABLE"]);
    equal(first?.parentSpanContext?.spanId, "00f067aa0ba902b7");
    equal(second?.attributes["rollcall.kept"], "slow");
    equal(second?.duration[1], 500_000_000);
    const { traceId, spanId } = second!.spanContext();
    deepEqual([traceId, spanId], slow.traceparent.split("-").slice(1, 3));
  });

  test("a storm of failures is no storm of spans", async () => {
    const { exported } = start(0);
    nowMs += 1_000;
    for (let i = 0; i < 1_000; i++) {
      const span = startSpan("ack", "a:b");
      span.fail(new Error("x"));
      span.end();
    }
    equal((await exported()).length, 50);
  });
});

describe("a large audience", () => {
  test("has its share of spans, and all that are slow", () => {
    start(1);
    equal(startSpan("deliver", "a:b", { parent: SAMPLED, audience: 1_000 }).sampled, true);
    const thinned = startSpan("deliver", "a:b", { parent: SAMPLED, audience: 1_001 });
    equal(thinned.traceparent, SAMPLED);
    const slow = startSpan("deliver", "a:b", { parent: SAMPLED, audience: 1_001, slow: true });
    notEqual(slow.traceparent, SAMPLED);
  });
});

test("tracestate goes along with its parent, and not without", async () => {
  const { exported } = start(1);
  const span = startSpan("consume", "a:b", { parent: SAMPLED, state: "congo=1" });
  equal(span.tracestate, "congo=1");
  span.end();
  equal(startSpan("consume", "a:b", { state: "congo=1" }).tracestate, undefined);
  equal(startSpan("consume", "a:b", { parent: SAMPLED, state: "Congo" }).tracestate, undefined);
  equal((await exported())[0]?.spanContext().traceState?.serialize(), "congo=1");
});

describe("not recorded", () => {
  test("an unsampled span hands its parent on and exports nothing", async () => {
    const { exported } = start(1);
    const span = startSpan("emit", "a:b", { parent: UNSAMPLED });
    equal(span.traceparent, UNSAMPLED);
    span.setAttribute("a", 1);
    span.end();
    equal((await exported()).length, 0);
  });

  test("without telemetry context travels all the same: the parent's flag, or a new unsampled trace", () => {
    equal(startSpan("emit", "a:b", { parent: SAMPLED }).traceparent, SAMPLED);
    match(startSpan("emit", "a:b").traceparent, /^00-[0-9a-f]{32}-[0-9a-f]{16}-02$/);
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
