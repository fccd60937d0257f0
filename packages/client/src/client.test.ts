import { describe, expect, it } from "vitest";
import { outcome, world } from "../test/world.ts";
import type { RollcallError } from "./errors.ts";

async function online(w: ReturnType<typeof world>, user = "ann", options = {}) {
  const client = w.client(user, options);
  await w.clock.until(() => client.status.get().phase === "online", `${user} is online`);
  return client;
}

describe("the connection", () => {
  it("tells who it is, and is online when the server says so", async () => {
    const w = world();
    const client = w.client("ann", { client: "board/2", presence: { status: "away" } });
    expect(client.status.get().phase).toBe("connecting");
    await w.clock.advance(20);
    expect(client.status.get()).toMatchObject({
      phase: "online",
      session: { user: "ann", resumed: false },
      draining: false,
    });
    expect(w.edge.presences.get("ann")).toMatchObject({ status: "away" });
  });

  it("[C5] comes back after a loss with the same session, and with a fresh token", async () => {
    const w = world();
    const tokens: string[] = [];
    const client = await online(w, "ann", { token: () => tokens[tokens.push("ann") - 1] });
    const before = w.edge.of("ann")[0]!.session;
    await w.net.cut();
    await w.clock.advance(10);
    expect(client.status.get().phase).toBe("waiting");
    await w.clock.until(() => client.status.get().phase === "online", "back", 2_500);
    expect(client.status.get()).toMatchObject({ session: { resumed: true, session: before } });
    expect(tokens).toHaveLength(2);
  });

  it("[C4] gives up an attempt whose token never comes, and takes the next one", async () => {
    const w = world();
    let calls = 0;
    const client = w.client("ann", { token: () => (calls++ === 0 ? new Promise<string>(() => {}) : "ann") });
    await w.clock.advance(9_000);
    expect(client.status.get().phase).toBe("connecting");
    await w.clock.until(() => client.status.get().phase === "online", "online by the second token", 5_000);
  });

  it("a token function that throws is an error with its cause, and tried again", async () => {
    const w = world();
    let broken = true;
    const client = w.client("ann", {
      token() {
        if (broken) throw new Error("no token service");
        return "ann";
      },
    });
    await w.clock.advance(0);
    expect(client.status.get()).toMatchObject({
      phase: "waiting",
      error: { code: "TOKEN", cause: new Error("no token service") },
    });
    broken = false;
    await w.clock.until(() => client.status.get().phase === "online", "online", 5_000);
  });

  it("[C6] a refusal is the end, until the app connects again", async () => {
    const w = world();
    w.edge.refuse("connect", "AUTH_INVALID");
    const client = w.client("ann");
    await w.clock.advance(60_000);
    expect(client.status.get()).toMatchObject({
      phase: "ended",
      reason: "refused",
      error: { code: "AUTH_INVALID", retryable: false },
    });
    expect(w.net.opened).toBe(1);
    client.connect();
    await w.clock.advance(20);
    expect(client.status.get().phase).toBe("online");
  });

  it("[C8] moves away from a draining edge within the time given, and nobody sees it leave", async () => {
    const w = world();
    const client = await online(w);
    const room = client.room("doc:1");
    await Promise.all([room.join(), w.clock.advance(50)]);
    const { rosterVersion } = w.edge.room("doc:1");
    w.edge.tellAll("server:drain", { reconnectInMs: 5_000 });
    await w.clock.advance(10);
    expect(client.status.get()).toMatchObject({ phase: "online", draining: true });
    await w.clock.until(() => w.net.opened === 2, "a second connection", 5_000);
    await w.clock.until(() => room.status.get() === "live", "live again", 100);
    expect(client.status.get()).toMatchObject({ phase: "online", session: { resumed: true }, draining: false });
    expect(w.edge.room("doc:1").rosterVersion).toBe(rosterVersion);
  });

  it("[C3] [C9] [C10] refreshes its token in time, again after a failure, and stays connected", async () => {
    const w = world();
    const client = await online(w, "ann", { token: () => "ann:100000" });
    await w.clock.until(() => w.edge.count("session:refresh") === 1, "the first refresh", 81_000);
    expect(w.clock.now()).toBeGreaterThan(69_000);
    w.edge.refuse("session:refresh", "UNAVAILABLE");
    await w.clock.until(() => w.edge.count("session:refresh") === 2, "the second refresh", 81_000);
    await w.clock.until(() => w.edge.count("session:refresh") === 3, "its repetition", 11_000);
    w.edge.tellAll("session:expiring", { inMs: 40_000 });
    await w.clock.until(() => w.edge.count("session:refresh") === 4, "the refresh when warned", 11_000);
    expect(client.status.get().phase).toBe("online");
    expect(w.net.opened).toBe(1);
    expect(w.errors).toMatchObject([{ code: "UNAVAILABLE" }]);
  });

  it("[C11] whoever was replaced returns as a new session", async () => {
    const w = world();
    const client = await online(w);
    const [connection] = w.edge.of("ann");
    w.edge.end(connection!, "replaced");
    await w.clock.advance(60_000);
    expect(client.status.get()).toMatchObject({ phase: "ended", reason: "replaced" });
    client.connect();
    await w.clock.advance(20);
    expect(w.edge.of("ann")[0]!.session).not.toBe(connection!.session);
  });

  it("[C12] close says goodbye, and leaves no timer behind", async () => {
    const w = world();
    const client = await online(w);
    const room = client.room("doc:1");
    await Promise.all([room.join(), w.clock.advance(50)]);
    await client.close();
    expect(client.status.get()).toMatchObject({ phase: "ended", reason: "closed" });
    await w.clock.advance(10);
    expect(w.edge.sessions.size).toBe(0);
    expect(w.edge.room("doc:1").rosters.at(-1)!.size).toBe(0);
    expect(w.clock.pending).toBe(0);
  });

  it("shows the server's health", async () => {
    const w = world();
    const client = await online(w);
    w.edge.tellAll("session:health", { presence: "live", fanout: "stale", inbox: "live" });
    await w.clock.advance(10);
    expect(client.status.get()).toMatchObject({ health: { fanout: "stale" } });
  });

  it("the status keeps its identity while nothing changes", async () => {
    const w = world();
    const client = await online(w);
    const before = client.status.get();
    await w.clock.advance(30_000);
    expect(client.status.get()).toBe(before);
  });
});

describe("commands and events", () => {
  it("a command is answered by its backend", async () => {
    const w = world();
    const client = await online(w);
    const reply = outcome(client.call("ticket:reply", { ticket: 7 }));
    await w.clock.advance(20);
    expect(reply).toMatchObject({ value: { ticket: 7 } });
  });

  it("an event comes once, however often it is sent, to every handler, the bad ones apart", async () => {
    const w = world();
    const client = await online(w);
    const heard: unknown[] = [];
    client.on("order:shipped", () => {
      throw new Error("a bad handler");
    });
    const stop = client.on("order:shipped", (data, meta) => heard.push([data, meta.id]));
    const [connection] = w.edge.of("ann");
    w.edge.tell(connection!, "order:shipped", 1, { id: "a" });
    w.edge.tell(connection!, "order:shipped", 1, { id: "a" });
    w.edge.tell(connection!, "order:shipped", 2, { id: "b" });
    await w.clock.advance(10);
    expect(heard).toEqual([
      [1, "a"],
      [2, "b"],
    ]);
    expect(w.errors).toHaveLength(2);
    stop();
    w.edge.tell(connection!, "order:shipped", 3);
    await w.clock.advance(10);
    expect(heard).toHaveLength(2);
  });

  it("the newest 2,048 ids are remembered, no more", async () => {
    const w = world();
    const client = await online(w);
    let heard = 0;
    client.on("order:shipped", () => heard++);
    const [connection] = w.edge.of("ann");
    for (let i = 0; i <= 2_048; i++) w.edge.tell(connection!, "order:shipped", i, { id: `id${i}` });
    w.edge.tell(connection!, "order:shipped", 0, { id: "id0" });
    w.edge.tell(connection!, "order:shipped", 0, { id: "id2048" });
    await w.clock.advance(10);
    expect(heard).toBe(2_050);
  });

  it("a fault of what nobody waits for is reported", async () => {
    const w = world();
    const client = await online(w);
    const room = client.room("doc:1");
    await Promise.all([room.join(), w.clock.advance(50)]);
    w.edge.refuse("cursor:moved", "RATE_LIMITED", { retryAfterMs: 10 });
    expect(room.send("cursor:moved", { x: 1 })).toBe(true);
    await w.clock.advance(20);
    expect(w.errors).toMatchObject([{ code: "RATE_LIMITED", retryAfterMs: 10 } satisfies Partial<RollcallError>]);
  });
});
