/** One trace from a backend's publish to the answer to a client, as it was really exported. */

import { jetstream } from "@nats-io/jetstream";
import { headers } from "@nats-io/nats-core";
import { connect } from "@nats-io/transport-node";
import type { CollectedSpan } from "@rollcall/telemetry";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Cluster, startCluster, waitFor } from "../src/index.ts";
import { E2E_CONTRACTS } from "./contracts.ts";

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster({ edges: 2, contractsDir: E2E_CONTRACTS });
});
afterAll(() => cluster.stop());

const TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736";
const PUBLISHER_SPAN = "00f067aa0ba902b7";

test("[X5] publish, consume, emit, deliver on each edge and ack form one tree", async () => {
  const clients = await Promise.all([0, 1].map((edge) => cluster.client(edge, { user: `reader-${edge}` })));
  await Promise.all(clients.map((client) => client.ready()));
  await Promise.all(clients.map((client) => client.call("room:join", { room: "repo:lineage" })));

  const nats = await connect({ servers: cluster.natsUrl });
  const header = headers();
  for (const [name, value] of Object.entries({
    "ce-id": "build-1",
    "ce-source": "/ci",
    "ce-type": "test.build.finished",
    "ce-specversion": "1.0",
    traceparent: `00-${TRACE_ID}-${PUBLISHER_SPAN}-01`,
  })) {
    header.set(name, value);
  }
  await jetstream(nats).publish("events.main.builds.finished", JSON.stringify({ repo: "lineage" }), {
    headers: header,
  });
  await nats.close();

  for (const client of clients) {
    const { meta } = await client.waitForEvent("build:finished");
    expect(meta?.traceparent).toMatch(new RegExp(`^00-${TRACE_ID}-[0-9a-f]{16}-01$`));
    await client.call("room:members", { room: "repo:lineage" }, { traceparent: meta?.traceparent });
  }

  const named = (name: string): CollectedSpan[] =>
    cluster.collector!.trace(TRACE_ID).filter((span) => span.name === name);
  const whole = {
    "consume build:finished": 1,
    "emit build:finished": 1,
    "deliver build:finished": 2,
    "ack room:members": 2,
  };
  await waitFor(() => Object.entries(whole).every(([name, times]) => named(name).length === times), {
    timeoutMs: 15_000,
    what: () =>
      `the whole tree (got ${cluster
        .collector!.trace(TRACE_ID)
        .map((span) => span.name)
        .join(", ")})`,
  });
  const [consume] = named("consume build:finished");
  const [emit] = named("emit build:finished");
  expect(consume).toMatchObject({ service: "rollcall-notifier", parentSpanId: PUBLISHER_SPAN });
  expect(emit).toMatchObject({ service: "rollcall-notifier", parentSpanId: consume!.spanId });
  const delivers = named("deliver build:finished");
  expect(delivers.map(({ service, parentSpanId }) => ({ service, parentSpanId }))).toEqual(
    [0, 1].map(() => ({ service: "rollcall-edge", parentSpanId: emit!.spanId })),
  );
  expect(delivers.map(({ instance }) => instance).sort()).toEqual(["edge-1", "edge-2"]);
  const known = new Set(cluster.collector!.trace(TRACE_ID).map(({ spanId }) => spanId));
  for (const ack of named("ack room:members")) {
    expect(ack.service).toBe("rollcall-edge");
    expect(known).toContain(ack.parentSpanId);
  }
  // No orphan: each parent was exported too, but for the publisher's own span.
  for (const span of cluster.collector!.trace(TRACE_ID)) {
    if (span.parentSpanId !== PUBLISHER_SPAN) expect(known).toContain(span.parentSpanId);
  }
});

test("[X5] a relay carries its sender's trace to the other edge", async () => {
  const [a, b] = await Promise.all([0, 1].map((edge) => cluster.client(edge, { user: `relay-${edge}` })));
  for (const client of [a!, b!]) {
    await client.ready();
    await client.call("room:join", { room: "doc:lineage" });
  }
  const traceId = "aaf92f3577b34da6a3ce929d0e0e4736";
  await a!.call(
    "cursor:moved",
    { room: "doc:lineage", data: { x: 1, y: 2 } },
    { traceparent: `00-${traceId}-00f067aa0ba902b7-00` },
  );
  const { meta } = await b!.waitForEvent("cursor:moved");
  expect(meta?.traceparent?.slice(3, 35)).toBe(traceId);
  expect(meta?.from).toMatchObject({ user: "relay-0" });
});
