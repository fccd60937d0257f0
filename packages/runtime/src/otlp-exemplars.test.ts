import { deepEqual, equal } from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import { METRICS } from "@rollcall/telemetry";
import { test } from "vitest";
import { ManualClock } from "./manual-clock.ts";
import { createMetrics } from "./metrics.ts";
import { startMetricsPush } from "./otlp-metrics.ts";

interface Pushed {
  resourceMetrics: {
    scopeMetrics: {
      metrics: { name: string; histogram?: { dataPoints: { exemplars?: object[]; count: number }[] } }[];
    }[];
  }[];
}

test("a collector gets the traces of sampled observations, each with its histogram", async () => {
  const pushes: Pushed[] = [];
  const collector = createServer((request, response) => {
    equal(request.url, "/v1/metrics");
    void json(request).then((body) => {
      pushes.push(body as Pushed);
      response.writeHead(200, { "content-type": "application/json" }).end("{}");
    });
  });
  await new Promise<void>((done) => collector.listen(0, "127.0.0.1", done));
  const endpoint = `http://127.0.0.1:${(collector.address() as AddressInfo).port}`;

  const metrics = createMetrics();
  metrics.counter(METRICS.edgeConnects).inc({ code: "OK" });
  const ack = metrics.histogram(METRICS.edgeAck);
  const [slow, fast] = ["1".repeat(32), "2".repeat(32)];
  ack.observe({ labels: { event: "room:join" }, value: 0.3, exemplarLabels: { trace_id: slow } });
  ack.observe({ labels: { event: "room:join" }, value: 0.004, exemplarLabels: { trace_id: fast } });
  ack.observe({ labels: { event: "room:leave" }, value: 0.004 });
  const push = startMetricsPush({
    ...{ metrics, clock: new ManualClock(), everyMs: 3_600_000 },
    ...{ service: "rollcall-edge", instance: "edge-1", endpoint },
  });
  await push.shutdown();
  collector.closeAllConnections();
  await new Promise((done) => collector.close(done));

  const all = pushes.flatMap(({ resourceMetrics }) => resourceMetrics[0]?.scopeMetrics[0]?.metrics ?? []);
  const points = all.find(({ name }) => name === METRICS.edgeAck.name)?.histogram?.dataPoints ?? [];
  const told = points.map(({ exemplars = [] }) =>
    exemplars.map((exemplar) => {
      const { traceId, asDouble, timeUnixNano } = exemplar as Record<string, string>;
      return [traceId, asDouble, /^\d{19}$/.test(timeUnixNano ?? "")];
    }),
  );
  deepEqual(told, [
    [
      [fast, 0.004, true],
      [slow, 0.3, true],
    ],
    [],
  ]);
});
