/** Where an event is that the notifiers know nothing of: on a NATS with streams, a notifier's consumer, and users' rights. */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { AckPolicy, jetstream, jetstreamManager } from "@nats-io/jetstream";
import { headers } from "@nats-io/nats-core";
import { systemClock } from "@rollcall/runtime";
import { type NatsServer, startNats, tempFolder } from "@rollcall/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { contextOf } from "../../test/context.ts";
import { type Bus, useBus } from "./connect.ts";
import { type FindOptions, findEvent, type Sighting } from "./find-event.ts";

let nats: NatsServer;

beforeAll(async () => {
  const conf = join(tempFolder("cli-find-event"), "nats.conf");
  // As the operator of deploy/nats: may look at streams and consumers, and read none.
  const looks = 'publish: ["$JS.API.STREAM.INFO.*", "$JS.API.CONSUMER.INFO.*.*"], subscribe: ["_INBOX.>"]';
  const half = 'publish: { deny: ["$JS.API.CONSUMER.MSG.NEXT.>"] }, subscribe: [">"]';
  const users = `{ user: all, password: pw }, { user: half, password: pw, permissions: { ${half} } },
    { user: looks, password: pw, permissions: { ${looks} } }`;
  writeFileSync(conf, `authorization { users = [ ${users} ] }`);
  nats = await startNats({ args: ["-c", conf] });
});
afterAll(() => nats.stop());

const as = <T>(user: string, use: (bus: Bus) => Promise<T>): Promise<T> => {
  const url = nats.url.replace("//", `//${user}:pw@`);
  return useBus({ nats: url, install: "i", tenant: "main" }, contextOf({}), use);
};
const find = (user: string, id: string, more: Partial<FindOptions> = {}): Promise<Sighting[]> =>
  as(user, (bus) => findEvent(bus, id, { clock: systemClock, ...more }));

test("found by ce-id or Nats-Msg-Id, with whether the notifiers are past it; who may not read is told what waits", async () => {
  await as("all", async ({ nc }) => {
    const jsm = await jetstreamManager(nc);
    await jsm.streams.add({ name: "EVENTS", subjects: ["events.>"] });
    await jsm.streams.add({ name: "I_EMITTED", subjects: ["i.internal.v1.emitted.*"] });
    await jsm.streams.add({ name: "SHOP", subjects: ["shop.>"] });
    await jsm.consumers.add("EVENTS", { durable_name: "i-notifier-EVENTS", ack_policy: AckPolicy.Explicit });
    const js = jetstream(nc);
    const named = (id: string) => {
      const all = headers();
      all.set("ce-id", encodeURIComponent(id));
      return { headers: all };
    };
    await js.publish("events.a", "1", named("taken in"));
    await js.publish("events.a", "2", named("waits"));
    await js.publish("events.b", "3", { msgID: "plain" });
    await js.publish("shop.a", "4", named("of the shop"));
    await js.publish("shop.b", "5", named("filtered out"));
    await js.publish("i.internal.v1.emitted.main", "6", named("emitted"));
    const consumer = await js.consumers.get("EVENTS", "i-notifier-EVENTS");
    await (await consumer.next())!.ackAck();
  });
  const there = (stream: string, sequence: number, isDone?: boolean) =>
    expect.objectContaining({ kind: "there", stream, sequence, isDone });
  expect(await find("all", "taken in")).toContainEqual(there("EVENTS", 1, true));
  expect(await find("all", "waits")).toContainEqual(there("EVENTS", 2, false));
  expect(await find("all", "plain")).toContainEqual(there("EVENTS", 3, false));
  expect(await find("all", "emitted")).toContainEqual(there("I_EMITTED", 1));
  expect(await find("all", "of the shop", { sources: "SHOP:shop.a" })).toContainEqual(there("SHOP", 1));
  expect(await find("all", "filtered out", { sources: "SHOP:shop.a" })).toEqual([
    { kind: "absent", stream: "SHOP", messages: 1, isWhole: true },
    { kind: "absent", stream: "I_EMITTED", messages: 1, isWhole: true },
  ]);
  expect(await find("looks", "waits")).toEqual([
    { kind: "unseen", stream: "EVENTS", why: expect.stringContaining("Permissions Violation"), waiting: 2 },
    { kind: "unseen", stream: "I_EMITTED", why: expect.stringContaining("Permissions Violation"), waiting: undefined },
  ]);
  expect(await find("all", "x", { sources: "NONE" })).toContainEqual({ kind: "missing", stream: "NONE" });
  expect(await find("half", "waits", { patienceMs: 200 })).toContainEqual({
    kind: "unseen",
    stream: "EVENTS",
    why: "it stopped answering",
    waiting: 2,
  });
});
