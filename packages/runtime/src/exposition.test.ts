import { equal } from "node:assert/strict";
import { METRICS } from "@rollcall/telemetry";
import { test } from "vitest";
import { formatOf, OPEN_METRICS, PROMETHEUS } from "./exposition.ts";
import { createMetrics } from "./metrics.ts";

const ACCEPT = "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.2,*/*;q=0.1";

test("counters keep their names in both formats, and exemplars their traces in this one", async () => {
  const metrics = createMetrics();
  metrics.counter(METRICS.edgeConnects).inc({ code: "OK" });
  metrics.gauge(METRICS.contracts).set({ hash: 'a"\n\\' }, Number.POSITIVE_INFINITY);
  const seconds = metrics.histogram(METRICS.edgeAck);
  seconds.observe({ labels: { event: "room:join" }, value: 0.004, exemplarLabels: { trace_id: "4bf9" } });
  seconds.observe({ labels: { event: "room:join" }, value: 90, exemplarLabels: { trace_id: "5bf9" } });
  seconds.observe({ labels: { event: "room:join" }, value: 91 });

  const body = await metrics.render(formatOf(ACCEPT));
  const at = " [0-9.]+";
  for (const line of [
    /^# TYPE rollcall_edge_connects counter$/m,
    /^rollcall_edge_connects_total\{code="OK"\} 1$/m,
    /^rollcall_contracts\{hash="a\\"\\n\\\\"\} \+Inf$/m,
    new RegExp(
      `^rollcall_edge_ack_seconds_bucket\\{le="0.005",event="room:join"\\} 1 # \\{trace_id="4bf9"\\} 0.004${at}$`,
      "m",
    ),
    new RegExp(
      `^rollcall_edge_ack_seconds_bucket\\{le="\\+Inf",event="room:join"\\} 3 # \\{trace_id="5bf9"\\} 90${at}$`,
      "m",
    ),
    /^rollcall_edge_ack_seconds_count\{event="room:join"\} 3$/m,
    /\n# EOF\n$/,
  ]) {
    equal(line.test(body), true, `${line} in\n${body}`);
  }

  const text = await metrics.render();
  equal(/^rollcall_edge_connects_total\{code="OK"\} 1$/m.test(text), true);
  equal(text.includes("4bf9") || text.includes("# EOF"), false);
});

test("who names it first gets it", () => {
  equal(formatOf(ACCEPT), OPEN_METRICS);
  for (const accept of [undefined, "", "text/plain", "text/plain, application/openmetrics-text"]) {
    equal(formatOf(accept), PROMETHEUS, accept);
  }
});
