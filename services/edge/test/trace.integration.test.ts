import { systemClock } from "@rollcall/runtime";
import { startSpan } from "@rollcall/telemetry";
import { startTelemetry, type Telemetry } from "@rollcall/telemetry/tracing";
import { startSpanCollector, waitFor } from "@rollcall/testkit";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startWorld, type World } from "./harness.ts";

let world: World;
let telemetry: Telemetry;
let collector: Awaited<ReturnType<typeof startSpanCollector>>;
beforeAll(async () => {
  collector = await startSpanCollector();
  telemetry = startTelemetry({
    service: "rollcall-edge",
    instance: "edge-test",
    endpoint: collector.url,
    ratio: 1,
    clock: systemClock,
  });
  world = await startWorld({ edges: 2 });
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
  await telemetry.shutdown();
  await collector.close();
});

it("[X5] one trace leads from a client's action over the relay to its delivery and to what the receiver does next", async () => {
  const [a, b] = [await world.user(0, "a"), await world.user(1, "b")];
  for (const one of [a, b]) await one.call("room:join", { room: "doc:1" });
  const origin = startSpan("publish", "test:action");
  const traceparent = `00-${origin.traceId}-00f067aa0ba902b7-00`; // a client's flag is not believed
  await a.call("cursor:moved", { room: "doc:1", data: { x: 1, y: 1 } }, { traceparent });
  const moved = await b.waitForEvent("cursor:moved");
  expect(moved.meta?.traceparent?.split("-")[1]).toBe(origin.traceId);
  await b.call("chat:said", { room: "doc:1", data: { text: "seen" } }, { traceparent: moved.meta?.traceparent });
  await waitFor(async () => {
    await telemetry.flush();
    const spans = collector.trace(origin.traceId) ?? [];
    return spans.length >= 6 && spans;
  });
  const spans = collector.trace(origin.traceId)!;
  const byId = new Map(spans.map((span) => [span.spanId, span]));
  const lineage = (name: string) => {
    const names: string[] = [];
    for (let at = spans.find((span) => span.name === name); at !== undefined; at = byId.get(at.parentSpanId ?? "")) {
      names.push(at.name);
    }
    return names;
  };
  expect(lineage("deliver cursor:moved")).toEqual(["deliver cursor:moved", "emit cursor:moved", "ack cursor:moved"]);
  expect(lineage("deliver chat:said")).toEqual([
    "deliver chat:said",
    "emit chat:said",
    "ack chat:said",
    "emit cursor:moved",
    "ack cursor:moved",
  ]);
  const deliveries = spans.filter((span) => span.name === "deliver chat:said");
  expect(deliveries.map((span) => span.attributes["rollcall.recipients"])).toEqual([1, 1]); // one span an edge
});

it("a malformed traceparent is ignored, and a delivery to nobody here is no span", async () => {
  const a = await world.user(0, "solo");
  await a.call("room:join", { room: "doc:solo" });
  for (const traceparent of ["x", "00-0-0-01", `00-${"0".repeat(32)}-00f067aa0ba902b7-01`]) {
    expect(await a.emitAck("cursor:moved", { room: "doc:solo", data: { x: 1, y: 1 } }, { traceparent })).toMatchObject({
      ok: true,
    });
  }
});
