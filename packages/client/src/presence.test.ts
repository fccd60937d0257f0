import { describe, expect, it } from "vitest";
import { outcome, world } from "../test/world.ts";
import { foldPresence } from "./presence.ts";
import type { UserPresence } from "./wire.ts";

async function online(user = "ann") {
  const w = world();
  const client = w.client(user);
  await w.clock.until(() => client.status.get().phase === "online", "online");
  return { w, client };
}
const statusOf = (users: ReadonlyMap<string, UserPresence>) =>
  Object.fromEntries([...users].map(([user, { status }]) => [user, status]));
const active = (version: number, epoch = "c0.1"): UserPresence => ({ user: "bob", status: "active", epoch, version });

describe("the fold", () => {
  it("[W2] [P6] per user, an older or equal version of the same epoch is no news", () => {
    const users = new Map([["bob", active(5)]]);
    expect(foldPresence(users, [active(5), active(4)])).toBe(users);
    expect(foldPresence(users, [active(6)]).get("bob")).toMatchObject({ version: 6 });
    expect(users.get("bob")).toMatchObject({ version: 5 });
  });

  it("[W2] offline, and whatever comes after it, is news", () => {
    const offline: UserPresence = { user: "bob", status: "offline" };
    const gone = foldPresence(new Map([["bob", active(5)]]), [offline]);
    expect(gone.get("bob")).toEqual(offline);
    expect(foldPresence(gone, [active(1, "c0.2")]).get("bob")).toMatchObject({ epoch: "c0.2" });
  });
});

describe("watching", () => {
  it("[W1] shows how the users are, and every change", async () => {
    const { w, client } = await online();
    w.edge.present("bob", "busy", { mood: "well" });
    const watch = client.presence.watch(["bob", "cy"]);
    expect(watch.get()).toEqual({ phase: "stale", users: new Map() });
    await w.clock.advance(20);
    expect(watch.get().phase).toBe("live");
    expect(statusOf(watch.get().users)).toEqual({ bob: "busy", cy: "offline" });
    let changes = 0;
    const stop = watch.subscribe(() => changes++);
    w.edge.present("cy", "active");
    w.edge.present("dee", "active");
    await w.clock.advance(20);
    expect(statusOf(watch.get().users)).toEqual({ bob: "busy", cy: "active" });
    expect(changes).toBe(1);
    stop();
    w.edge.present("cy", "offline");
    await w.clock.advance(20);
    expect(changes).toBe(1);
  });

  it("[W3] a change that comes before the answer is not lost, and not undone by it", async () => {
    const { w, client } = await online();
    const watch = client.presence.watch(["bob"]);
    const [connection] = w.edge.of("ann");
    w.edge.tell(connection!, "presence:changed", { changes: [active(3)] });
    await w.clock.advance(20);
    expect(statusOf(watch.get().users)).toEqual({ bob: "active" });
  });

  it("watches again after a loss; meanwhile what is shown is stale", async () => {
    const { w, client } = await online();
    const watch = client.presence.watch(["bob"]);
    w.edge.present("bob", "active");
    await w.clock.advance(20);
    await w.net.setDown(true);
    expect(watch.get().phase).toBe("stale");
    w.edge.present("bob", "away");
    await w.net.setDown(false);
    await w.clock.until(() => watch.get().phase === "live", "live again");
    expect(statusOf(watch.get().users)).toEqual({ bob: "away" });
  });

  it("watches again within the spread of a resync", async () => {
    const { w, client } = await online();
    const watch = client.presence.watch(["bob"]);
    await w.clock.advance(20);
    w.edge.tellAll("presence:resync", { reason: "epoch", spreadMs: 3_000 });
    await w.clock.advance(10);
    expect(watch.get().phase).toBe("stale");
    await w.clock.until(() => watch.get().phase === "live", "live again", 3_050);
    expect(w.edge.count("presence:watch")).toBe(2);
  });

  it("[W4] one user without the right fails the watch, and it is not asked again", async () => {
    const { w, client } = await online();
    w.edge.refuse("presence:watch", "FORBIDDEN");
    const watch = client.presence.watch(["bob", "boss"]);
    await w.clock.advance(20);
    expect(watch.get()).toMatchObject({ phase: "failed", error: { code: "FORBIDDEN" } });
    await w.net.cut();
    await w.clock.advance(5_000);
    expect(w.edge.count("presence:watch")).toBe(1);
    watch.close();
  });

  it("what may pass is asked again", async () => {
    const { w, client } = await online();
    w.edge.refuse("presence:watch", "UNAVAILABLE");
    const watch = client.presence.watch(["bob"]);
    await w.clock.until(() => watch.get().phase === "live", "live", 2_000);
  });

  it("[W5] the end of a watch unwatches those whom no other watches", async () => {
    const { w, client } = await online();
    const first = client.presence.watch(["bob", "cy"]);
    const second = client.presence.watch(["cy"]);
    await w.clock.advance(20);
    first.close();
    first.close();
    await w.clock.advance(20);
    expect([...w.edge.of("ann")[0]!.watched]).toEqual(["cy"]);
    second[Symbol.dispose]();
    await w.clock.advance(20);
    expect(w.edge.of("ann")[0]!.watched.size).toBe(0);
  });

  it("asks in requests of at most 200 users", async () => {
    const { w, client } = await online();
    const watch = client.presence.watch(Array.from({ length: 450 }, (_, i) => `u${i}`));
    await w.clock.advance(100);
    expect(watch.get().users.size).toBe(450);
    expect(w.edge.asked.map(({ payload }) => payload.users.length)).toEqual([200, 200, 50]);
  });
});

it("one's own presence is told now, and with every new connection", async () => {
  const { w, client } = await online();
  const set = outcome(client.presence.set("away", { until: 5 }));
  await w.clock.advance(20);
  expect(set.value).toEqual({ version: 1 });
  w.edge.presences.delete("ann");
  await w.net.cut();
  await w.clock.until(() => client.status.get().phase === "online", "online again");
  expect(w.edge.presences.get("ann")).toMatchObject({ status: "away", info: { until: 5 } });
});
