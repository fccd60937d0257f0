/** Durable events from their publishers to the channel; `fallback.integration.test.ts` has rates and clocks. */

import { messageId } from "@rollcall/contracts/internal";
import { waitFor } from "@rollcall/testkit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type DurableScene, order, startDurableScene } from "../../test/durable-scene.ts";
import { BREAKER } from "./guarded.ts";

describe("durable events that nobody acknowledges", () => {
  let scene: DurableScene;
  beforeEach(async () => {
    scene = await startDurableScene();
  });
  afterEach(() => scene.close());

  it("[D1] fall back once when nobody acknowledges, and not when somebody does", async () => {
    const { bench, hook, start, door, sync, done, ledger } = scene;
    await start();
    await bench.publish(order("o1", ["u1", "u2"], "events.urgent"));
    await done();
    const { epoch } = await sync("u1");
    await door("u1", { op: "ack", epoch, seq: 1 });
    await waitFor(async () => (await ledger("o1")).u2 === "fallback", { timeoutMs: 10_000, what: "the fallback" });
    expect(await ledger("o1")).toEqual({ u1: "acknowledged", u2: "fallback" });
    expect(hook.asked).toHaveLength(1);
    expect(hook.asked[0]!.body).toMatchObject({
      id: messageId("main", "test", "o1"),
      event: "order:urgent",
      tenant: "main",
      user: "u2",
      data: { users: ["u1", "u2"] },
    });
  });

  it.each([true, false])("keep their trace until the channel has them, shown to clients: %s", async (traceToClient) => {
    const { bench, hook, start, sync } = scene;
    await start({ traceToClient });
    const trace = "a".repeat(32);
    const headers = { traceparent: `00-${trace}-${"b".repeat(16)}-01` };
    await bench.publish({ ...order("o1", ["u1"], "events.urgent"), headers });
    await waitFor(() => hook.asked.length > 0, { timeoutMs: 10_000, what: "the fallback" });
    expect(hook.asked[0]!.traceparent).toContain(trace);
    const shown = [(await bench.emitted())[0]!.meta, (await sync("u1")).events[0]![2]];
    expect(shown.map(({ traceparent }) => traceparent !== undefined)).toEqual([traceToClient, traceToClient]);
  });

  it("[D1] [L10] with a digest fall back together, each with its own end, but for what was acknowledged", async () => {
    const { bench, hook, start, door, sync, done, ledger } = scene;
    await start();
    hook.answer({ status: 503 });
    for (const id of ["a", "b", "c", "d"]) await bench.publish(order(id, ["u1"], "events.daily", { id }));
    await bench.publish(order("other", ["u2"], "events.daily"));
    await done();
    const { epoch } = await sync("u1");
    // The eldest, which would have spoken for all.
    await door("u1", { op: "ack", epoch, seq: 1 });
    await waitFor(() => hook.asked.length >= 2, { timeoutMs: 10_000, what: "an attempt for each user" });
    hook.answer({ status: 200 });
    const ids = ["a", "b", "c", "d"];
    const mids = ids.map((id) => messageId("main", "test", id));
    const ends = async () => (await Promise.all(ids.map(ledger))).map(({ u1 }) => u1).join(" ");
    await waitFor(async () => (await ends()) === "acknowledged fallback fallback fallback", {
      timeoutMs: 15_000,
      what: "an end for each",
    });
    const bodies = hook.asked.filter(({ body }) => body.user === "u1");
    // An attempt is repeated under its id as long as it brings the same.
    const contents = bodies.map(({ id, body }) => `${id} ${JSON.stringify(body.digest)}`);
    expect(new Set(contents).size).toBe(new Set(bodies.map(({ id }) => id)).size);
    expect(bodies.at(-1)!.body).toMatchObject({
      id: mids[3],
      data: { id: "d" },
      digest: [
        { id: mids[1], data: { id: "b" } },
        { id: mids[2], data: { id: "c" } },
        { id: mids[3], data: { id: "d" } },
      ],
    });
    expect(hook.asked.find(({ body }) => body.user === "u2")!.body).not.toHaveProperty("digest");
  });

  it("[D1] that come due while a digest is under way are next", async () => {
    const { bench, hook, start, ledger } = scene;
    await start();
    const answer = hook.hold();
    await bench.publish(order("a", ["u1"], "events.daily"));
    await waitFor(() => hook.asked.length === 1, { timeoutMs: 10_000, what: "an attempt" });
    await bench.publish(order("b", ["u1"], "events.daily"));
    const gathering = "{rollcall:c0}:inbox:main:%2F:u1:gathering:order%3Adaily";
    await waitFor(async () => (await bench.redis.zcard(gathering)) === 2, {
      timeoutMs: 10_000,
      what: "it to come due",
    });
    answer();
    await waitFor(async () => (await ledger("b")).u1 === "fallback", { timeoutMs: 20_000, what: "its end" });
    const mids = ["a", "b"].map((id) => messageId("main", "test", id));
    expect([...new Set(hook.asked.map(({ body }) => body.id))]).toEqual(mids);
  });

  it("[D1] are tried again while the provider fails, each under one id, until it is well", async () => {
    const { bench, hook, start, ledger } = scene;
    await start();
    hook.answer({ status: 503 });
    // More than go out at once, and more failures than its host is asked for in a row.
    const users = Array.from({ length: 40 }, (_, n) => `u${n}`);
    await bench.publish(order("o1", users, "events.urgent"));
    await waitFor(() => hook.asked.length > BREAKER.failures, { timeoutMs: 20_000, what: "the host to be left alone" });
    hook.answer({ status: 200 });
    const states = async () => new Set(Object.values(await ledger("o1")));
    await waitFor(async () => [...(await states())].join() === "fallback", {
      timeoutMs: 30_000,
      what: "the fallbacks",
    });
    expect(new Set(hook.asked.map(({ id }) => id)).size).toBe(users.length);
  });

  it("[L4] an acknowledgement between attempts ends them", async () => {
    const { bench, hook, start, door, sync, ledger } = scene;
    await start();
    hook.answer({ status: 503 });
    await bench.publish(order("o1", ["u1"], "events.urgent"));
    await waitFor(() => hook.asked.length >= 1, { timeoutMs: 15_000, what: "an attempt" });
    const { epoch } = await sync("u1");
    await door("u1", { op: "ack", epoch, seq: 1 });
    await waitFor(async () => (await ledger("o1")).u1 === "acknowledged", { what: "the acknowledgement" });
  });

  it("stop for good at a 410", async () => {
    const { bench, hook, start, ledger } = scene;
    await start();
    hook.answer({ status: 410 });
    await bench.publish(order("o1", ["u1"], "events.urgent"));
    await waitFor(async () => (await ledger("o1")).u1 === "suppressed", { timeoutMs: 10_000 });
    expect(hook.asked).toHaveLength(1);
  });
});
