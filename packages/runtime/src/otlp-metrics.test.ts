import { deepEqual, equal } from "node:assert/strict";
import { AggregationTemporality, DataPointType, InMemoryMetricExporter } from "@opentelemetry/sdk-metrics";
import { METRICS } from "@rollcall/telemetry";
import { test } from "vitest";
import { ManualClock } from "./manual-clock.ts";
import { createMetrics } from "./metrics.ts";
import { startMetricsPush } from "./otlp-metrics.ts";

test("what /metrics shows is pushed under the same names, last of all at the end", async () => {
  const metrics = createMetrics();
  metrics.counter(METRICS.edgeConnects).inc({ code: "OK" }, 3);
  metrics.gauge(METRICS.edgeSockets).set(5);
  const ack = metrics.histogram(METRICS.edgeAck);
  for (const value of [0.004, 0.004, 0.3, 90]) ack.observe({ labels: { event: "room:join" }, value });
  ack.observe({ labels: { event: "room:leave" }, value: 0.0001 });
  metrics.onScrape(() => metrics.gauge(METRICS.timers).set(7));

  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const push = startMetricsPush({
    ...{ metrics, clock: new ManualClock(), exporter, everyMs: 3_600_000 },
    ...{ service: "rollcall-edge", instance: "edge-1", endpoint: "http://127.0.0.1:1" },
  });
  await push.shutdown();

  const [pushed] = exporter.getMetrics();
  deepEqual(pushed?.resource.attributes, { "service.name": "rollcall-edge", "service.instance.id": "edge-1" });
  const of = (name: string) => pushed?.scopeMetrics[0]?.metrics.find(({ descriptor }) => descriptor.name === name);
  const connects = of("rollcall_edge_connects_total");
  equal(connects?.dataPointType === DataPointType.SUM && connects.isMonotonic, true);
  deepEqual(
    connects?.dataPoints.map(({ attributes, value }) => [attributes, value]),
    [[{ code: "OK" }, 3]],
  );
  deepEqual(
    ["rollcall_edge_sockets", "rollcall_timers"].map((name) => of(name)?.dataPoints[0]?.value),
    [5, 7],
  );

  const acks = of("rollcall_edge_ack_seconds");
  const [joins, leaves, ...others] = acks?.dataPointType === DataPointType.HISTOGRAM ? acks.dataPoints : [];
  equal(acks?.descriptor.unit, "s");
  equal(others.length, 0);
  const { boundaries = [], counts = [] } = joins?.value.buckets ?? {};
  deepEqual(boundaries, [...METRICS.edgeAck.buckets]);
  const filled = counts.flatMap((count, i) => (count === 0 ? [] : [[boundaries[i] ?? "more", count]]));
  deepEqual(
    [joins?.attributes, filled, joins?.value.count],
    [
      { event: "room:join" },
      [
        [0.005, 2],
        [0.5, 1],
        ["more", 1],
      ],
      4,
    ],
  );
  deepEqual([leaves?.attributes, leaves?.value.count, leaves?.value.sum], [{ event: "room:leave" }, 1, 0.0001]);
});
