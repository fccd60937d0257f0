/** What a cluster exports to those who run it: all that is declared, and no secret. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { jetstream } from "@nats-io/jetstream";
import type { Msg } from "@nats-io/nats-core";
import { METRICS } from "@rollcall/telemetry";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Cluster, waitFor } from "../src/index.ts";
import { newTrace, TracedCluster } from "./lineage/traced-cluster.ts";

let traced: TracedCluster;
let cluster: Cluster;
beforeAll(async () => {
  traced = await TracedCluster.start(2);
  ({ cluster } = traced);
}, 120_000);
afterAll(() => traced.stop());

test("every metric that is declared is in a scrape of the cluster, so whatever a rule or a panel names is", async () => {
  const scrapes = cluster.services
    .filter((one) => one.running())
    .map(async ({ internalUrl }) => (await fetch(`${internalUrl}/metrics`)).text());
  const exported = (await Promise.all(scrapes)).join("");
  const types = Object.values(METRICS).map(({ name, type }) => `# TYPE ${name} ${type}`);
  expect(types.filter((line) => !exported.includes(`${line}\n`))).toEqual([]);
});

test("[X4] no secret, payload or user id is in a log, a span, a metric or a dead letter's headers, whatever way it went", async () => {
  const canary = `canary${newTrace()}`;
  const user = `user-${canary}`;
  const letters: Msg[] = [];
  traced.nats.subscribe(`${cluster.install}.deadletter.>`, {
    callback: (_error, message) => void letters.push(message),
  });
  const token = await cluster.keys.token({ user });
  const [, claims, signature] = token.split(".");
  const jwt = `eyJhbGciOiJFZERTQSJ9.${claims}.${canary}`;
  const text = { text: canary };

  const a = await cluster.client(0, { user }, { presence: { status: "busy", info: canary } });
  await a.ready();
  const room = "doc:canaries";
  await a.call("room:join", { room, info: { color: canary.slice(0, 32) } });
  await a.emitAck("room:join", { room: "doc:granted", grant: jwt });
  await a.emitAck("session:refresh", { token: jwt });
  await a.emitAck("session:refresh", { token: canary });
  await a.emitAck("presence:set", { status: "away", info: canary });
  await a.emitAck("room:update", { room, info: { color: 1, [canary]: canary } });
  await a.emitAck("chat:said", { room, data: text });
  await a.emitAck("chat:said", { room, data: { text: [canary], [canary]: canary } });
  await a.emitAck("cursor:moved", { room, data: { x: canary } });
  await a.emitAck("state:patch", { room, ops: [{ op: "set", key: "title", value: canary }] });
  await a.emitAck("state:patch", { room, ops: [{ op: "set", key: "title", value: { canary } }] });
  await a.emitAck("ticket:reply", { ticket: canary });
  await a.emitAck(`x:${canary}`, canary, { id: canary, traceparent: canary });
  for (const auth of [{ token: jwt }, { token: canary }, { token, session: [canary] }]) {
    const refused = await cluster.client(1, { user }, { auth, io: { reconnection: false } });
    await waitFor(() => refused.connectErrors.length > 0);
  }
  await traced.publish("events.main.builds.finished", { repo: "lineage", secret: canary });
  await traced.publish("events.main.builds.finished", { secret: canary });
  await traced.publish("events.main.parcels.sent", { to: user, secret: canary });
  await traced.publish("events.main.parcels.sent", { to: [canary, canary] });
  await jetstream(traced.nats).publish("events.main.builds.finished", `{"broken": "${canary}`);
  await waitFor(() => letters.length >= 3, { what: () => `three dead letters, got ${letters.length}` });
  a.dropConnection();
  await a.nextReady();
  await a.close();

  const secrets = [canary, signature!];
  const leaks = (where: string, content: string) => {
    for (const secret of secrets) {
      const at = content.indexOf(secret);
      if (at >= 0) throw new Error(`${where}: ...${content.slice(Math.max(0, at - 200), at + 40)}`);
    }
  };
  // Everything that is told of it later has been by the time its end is.
  const offline = () =>
    traced.heard.some(
      ({ subject, headers: h }) => subject.includes(canary) && h?.get("ce-type") === "rollcall.user.offline",
    );
  await waitFor(offline);
  for (const file of readdirSync(cluster.logFolder)) leaks(file, readFileSync(join(cluster.logFolder, file), "utf8"));
  leaks("spans", JSON.stringify(cluster.collector!.spans()));
  for (const service of cluster.services.filter((one) => one.running())) {
    leaks(`metrics of ${service.name}`, await (await fetch(`${service.internalUrl}/metrics`)).text());
  }
  for (const { headers: h } of letters) {
    // The identity is what the publisher gave; everything else is ours.
    leaks("a dead letter's headers", JSON.stringify([...h!].filter(([name]) => name !== "ce-id")));
  }
});
