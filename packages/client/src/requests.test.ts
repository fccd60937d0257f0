import { describe, expect, it } from "vitest";
import { outcome, world } from "../test/world.ts";
import { MAX_PENDING } from "./requests.ts";

async function online(options = {}) {
  const w = world();
  const client = w.client("ann", options);
  await w.clock.until(() => client.status.get().phase === "online", "online");
  return { w, client };
}

describe("the offline policy", () => {
  it("[Q1] fail: nothing is queued", async () => {
    const w = world();
    await w.net.setDown(true);
    const client = w.client("ann");
    await expect(client.call("ticket:reply", 1)).rejects.toMatchObject({
      code: "OFFLINE",
      retryable: true,
      details: { sent: false },
    });
    await w.net.setDown(false);
    await w.clock.advance(60_000);
    expect(w.edge.count("ticket:reply")).toBe(0);
  });

  it("[Q1] wait: sent when the connection is there", async () => {
    const w = world();
    await w.net.setDown(true);
    const client = w.client("ann", { offline: "wait" });
    const reply = outcome(client.call("ticket:reply", 1));
    await w.clock.advance(2_000);
    expect(reply.settled).toBe(false);
    await w.net.setDown(false);
    await w.clock.until(() => reply.settled, "an answer", 10_000);
    expect(reply.value).toBe(1);
  });

  it("[Q2] fail: a request whose connection goes is rejected, and says that it was sent", async () => {
    const { w, client } = await online();
    w.edge.mute.add("ticket:reply");
    const reply = outcome(client.call("ticket:reply", 1));
    await w.clock.advance(10);
    await w.net.cut();
    await w.clock.advance(1);
    expect(reply.error).toMatchObject({ code: "OFFLINE", details: { sent: true } });
  });

  it("[Q2] wait: at the end of its time it says whether it was ever sent, in whichever try", async () => {
    const { w, client } = await online({ offline: "wait" });
    w.edge.mute.add("ticket:reply");
    const sent = outcome(client.call("ticket:reply", 1));
    await w.clock.advance(10);
    await w.net.setDown(true);
    const never = outcome(client.call("ticket:reply", 2));
    await w.clock.until(() => sent.settled && never.settled, "both ended", 20_000);
    expect(sent.error).toMatchObject({ code: "TIMEOUT", retryable: true, details: { sent: true } });
    expect(never.error).toMatchObject({ code: "OFFLINE", retryable: true, details: { sent: false } });
    expect(w.edge.count("ticket:reply")).toBe(1);
  });

  it("[Q3] wait: it is sent again with the same id, so it applies once", async () => {
    const { w, client } = await online({ offline: "wait" });
    const room = client.room("doc:1");
    await Promise.all([room.join(), w.clock.advance(50)]);
    const patched = outcome(room.state.increment("n", 1));
    await w.clock.advance(6); // it is there, the answer is not
    await w.net.cut();
    await w.clock.until(() => patched.settled, "an answer", 20_000);
    expect(w.edge.count("state:patch")).toBe(2);
    expect(new Set(w.edge.asked.filter(({ name }) => name === "state:patch").map(({ meta }) => meta?.id)).size).toBe(1);
    expect(w.edge.room("doc:1").states.at(-1)!.get("n")?.value).toBe(1);
  });

  it("[Q5] wait: what may pass is tried again, not before retryAfterMs; what will not, is the answer", async () => {
    const { w, client } = await online({ offline: "wait" });
    w.edge.refuse("ticket:reply", "RATE_LIMITED", { retryAfterMs: 3_000 });
    const reply = outcome(client.call("ticket:reply", 1));
    await w.clock.advance(2_900);
    expect(w.edge.count("ticket:reply")).toBe(1);
    await w.clock.until(() => reply.settled, "an answer", 2_000);
    expect(reply.value).toBe(1);
    w.edge.refuse("ticket:reply", "FORBIDDEN");
    const forbidden = outcome(client.call("ticket:reply", 2));
    await w.clock.advance(20);
    expect(forbidden.error).toMatchObject({ code: "FORBIDDEN", retryable: false });
  });

  it("[Q5] a connection that returns does not cut a wait short", async () => {
    const { w, client } = await online({ offline: "wait" });
    w.edge.refuse("ticket:reply", "OVERLOADED", { retryAfterMs: 8_000 });
    const reply = outcome(client.call("ticket:reply", 1));
    await w.clock.advance(100);
    await w.net.cut();
    await w.clock.advance(7_000);
    expect(client.status.get().phase).toBe("online");
    expect(w.edge.count("ticket:reply")).toBe(1);
    await w.clock.until(() => reply.settled, "an answer", 5_000);
  });
});

describe("ends of a request", () => {
  it("a request without an answer ends with TIMEOUT", async () => {
    const { w, client } = await online();
    w.edge.mute.add("ticket:reply");
    const reply = outcome(client.call("ticket:reply", 1, { timeoutMs: 700 }));
    await w.clock.advance(699);
    expect(reply.settled).toBe(false);
    await w.clock.advance(1);
    expect(reply.error).toMatchObject({ code: "TIMEOUT", retryable: true, details: { sent: true } });
  });

  it("an abort ends it with the signal's reason, before, while and after", async () => {
    const { w, client } = await online();
    await expect(client.call("ticket:reply", 1, { signal: AbortSignal.abort("early") })).rejects.toBe("early");
    const controller = new AbortController();
    const aborted = outcome(client.call("ticket:reply", 1, { signal: controller.signal }));
    controller.abort("late");
    await w.clock.advance(20);
    expect(aborted.error).toBe("late");
    const answered = new AbortController();
    const reply = outcome(client.call("ticket:reply", 1, { signal: answered.signal }));
    await w.clock.advance(20);
    answered.abort();
    expect(reply.value).toBe(1);
  });

  it("[Q4] no more than a thousand wait", async () => {
    const w = world();
    await w.net.setDown(true);
    const client = w.client("ann", { offline: "wait" });
    const waiting = Array.from({ length: MAX_PENDING }, () => outcome(client.call("ticket:reply", 1)));
    await expect(client.call("ticket:reply", 1)).rejects.toMatchObject({ code: "LIMIT_EXCEEDED" });
    await w.clock.advance(20_000);
    for (const { error } of waiting) expect(error).toMatchObject({ code: "OFFLINE", details: { sent: false } });
  });

  it("[Q6] what the app traces and names is passed on, and nothing else", async () => {
    const { w, client } = await online();
    const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    void client.call("ticket:reply", 1, { id: "mine", traceparent });
    void client.call("ticket:reply", 2);
    await w.clock.advance(20);
    const [first, second] = w.edge.asked.filter(({ name }) => name === "ticket:reply");
    expect(first!.meta).toEqual({ id: "mine", traceparent });
    expect(second!.meta).toEqual({ id: expect.stringMatching(/^[A-Za-z0-9_-]{1,64}$/) });
  });
});
