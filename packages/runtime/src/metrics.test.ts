import { equal, match, ok } from "node:assert/strict";
import { METRICS } from "@rollcall/telemetry";
import { test } from "vitest";
import { MAX_EVENT_NAMES } from "./event-names.ts";
import { createMetrics } from "./metrics.ts";

test("a declaration is one metric, however often it is asked for", async () => {
  const metrics = createMetrics();
  metrics.counter(METRICS.edgeConnects).inc({ code: "OK" });
  metrics.counter(METRICS.edgeConnects).inc({ code: "OK" }, 2);
  metrics.gauge(METRICS.edgeSockets).set(5);
  metrics.histogram(METRICS.eventToClient).observe({ labels: { event: "a:b" }, value: 0.02 });
  const text = await metrics.render();
  match(text, /^rollcall_edge_connects_total\{code="OK"\} 3$/m);
  match(text, /^rollcall_edge_sockets 5$/m);
  match(text, /^rollcall_event_to_client_seconds_bucket\{le="0.025",event="a:b"\} 1$/m);
});

test("two registries know nothing of each other", async () => {
  const one = createMetrics();
  one.gauge(METRICS.edgeSockets).set(1);
  ok(!(await createMetrics().render()).includes("rollcall_edge_sockets"));
});

test("what is computed at the scrape is in that scrape", async () => {
  const metrics = createMetrics();
  let value = 0;
  metrics.onScrape(() => metrics.gauge(METRICS.outboxAge).set(++value));
  match(await metrics.render(), /rollcall_outbox_age_seconds 1/);
  match(await metrics.render(), /rollcall_outbox_age_seconds 2/);
});

test("a thousand event names are told apart, in every metric the same ones; further ones are `other` together", async () => {
  const metrics = createMetrics();
  const [inbound, latency] = [metrics.counter(METRICS.edgeInbound), metrics.histogram(METRICS.eventToClient)];
  for (let i = 0; i < MAX_EVENT_NAMES; i++) inbound.inc({ event: `e:${i}`, code: "OK" });
  inbound.inc({ event: "e:late", code: "OK" }, 2);
  inbound.inc({ event: "e:0", code: "OK" });
  for (const event of ["e:later", "e:999"]) latency.observe({ labels: { event }, value: 0.02 });
  const text = await metrics.render();
  match(text, /^rollcall_edge_inbound_total\{event="e:999",code="OK"\} 1$/m);
  match(text, /^rollcall_edge_inbound_total\{event="e:0",code="OK"\} 2$/m);
  match(text, /^rollcall_edge_inbound_total\{event="other",code="OK"\} 2$/m);
  match(text, /^rollcall_event_to_client_seconds_count\{event="e:999"\} 1$/m);
  match(text, /^rollcall_event_to_client_seconds_count\{event="other"\} 1$/m);
  ok(!text.includes("e:late"));
});

test("labels are those of the declaration", () => {
  const metrics = createMetrics();
  // @ts-expect-error: `user` is no label
  const wrong = () => metrics.counter(METRICS.edgeConnects).inc({ user: "u" });
  let refused = false;
  try {
    wrong();
  } catch {
    refused = true;
  }
  equal(refused, true);
});

test("the process's own metrics on demand", async () => {
  match(await createMetrics({ processMetrics: true }).render(), /process_cpu_seconds_total/);
});
