import { jetstreamManager } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/nats-core";
import { type NatsServer, startNats } from "@rollcall/testkit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createPublisher } from "./index.ts";

interface Events {
  "order:shipped": { order: number };
  "bill:due": { amount: number };
}

describe("the publisher", () => {
  let server: NatsServer;
  let nc: NatsConnection;
  beforeEach(async () => {
    server = await startNats();
    nc = await server.connect();
    await (await jetstreamManager(nc)).streams.add({ name: "EVENTS", subjects: ["events.>"] });
  });
  afterEach(async () => {
    await nc.close();
    await server.close();
  });

  const publisher = () =>
    createPublisher<Events>({
      nc,
      source: "/shop/orders",
      events: {
        "order:shipped": { from: "events.orders.shipped", type: "shop.order.shipped" },
        "bill:due": { from: "events.{tenant}.bills" },
      },
      timeoutMs: 500,
      backoffMs: [20, 100],
    });
  const message = async (seq: number) => (await jetstreamManager(nc)).streams.getMessage("EVENTS", { seq });

  it("publishes CloudEvents and tells where they are", async () => {
    const traceparent = `00-${"a".repeat(32)}-${"b".repeat(16)}-01`;
    const published = await publisher().publish("order:shipped", { order: 7 }, { id: "café 7", traceparent });
    expect(published).toEqual({ id: "café 7", stream: "EVENTS", sequence: 1, duplicate: false });
    const stored = await message(1);
    expect(stored!.subject).toBe("events.orders.shipped");
    expect(stored!.json()).toEqual({ order: 7 });
    const header = (name: string) => stored!.header.get(name);
    expect(header("ce-id")).toBe("caf%C3%A9%207");
    expect(header("ce-source")).toBe("/shop/orders");
    expect(header("ce-type")).toBe("shop.order.shipped");
    expect(header("traceparent")).toBe(traceparent);
  });

  it("fills in the tenant, and misses it where it is needed", async () => {
    await publisher().publish("bill:due", { amount: 1 }, { tenant: "acme" });
    expect((await message(1))!.subject).toBe("events.acme.bills");
    await expect(publisher().publish("bill:due", { amount: 1 })).rejects.toThrow(/tenant/);
  });

  it("stores a repeated id once", async () => {
    await publisher().publish("order:shipped", { order: 7 }, { id: "7" });
    expect(await publisher().publish("order:shipped", { order: 7 }, { id: "7" })).toMatchObject({ duplicate: true });
  });

  it("tries under one id until the server is back", async () => {
    await server.stop();
    const publishing = publisher().publish("order:shipped", { order: 7 }, { id: "7" });
    await server.restart();
    expect(await publishing).toMatchObject({ id: "7", sequence: 1 });
  });

  it("gives up when it is told to", async () => {
    const stop = new AbortController();
    await server.stop();
    const publishing = publisher().publish("order:shipped", { order: 7 }, { signal: stop.signal });
    stop.abort(new Error("enough"));
    await expect(publishing).rejects.toThrow("enough");
  });
});
