import { seededRandom } from "@rollcall/runtime";
import { describe, expect, it } from "vitest";
import { outcome, type World, world } from "../test/world.ts";
import type { Client } from "./client.ts";
import type { RoomView } from "./fold.ts";

const ROOM = "doc:1";
const SEEDS = 2_000;
const STEPS = 25;
const USERS = ["ann", "bob", "cy"];

/** What one client saw, checked as it is seen. */
function watched(client: Client) {
  const room = client.room(ROOM, { last: 0 });
  const heard: { life: string; seq: number }[] = [];
  let missed = 0;
  let before: RoomView | undefined;
  room.on("chat:said", (_, meta) => {
    heard.push({ life: meta.id.split("-")[0]!, seq: meta.seq! });
  });
  room.onMissed(() => missed++);
  const look = () => {
    const view = room.view();
    if (view && before?.epoch === view.epoch) {
      // P6: versions never decrease, and equal versions are equal views.
      expect(view.roster.version).toBeGreaterThanOrEqual(before.roster.version);
      expect(view.state.version).toBeGreaterThanOrEqual(before.state.version);
      if (view.state.version === before.state.version) {
        expect(new Map(view.state.items)).toEqual(new Map(before.state.items));
      }
    }
    before = view;
  };
  room.members.subscribe(look);
  room.state.subscribe(look);
  room.hold();
  return { client, room, heard, missed: () => missed };
}

/** One random thing that happens. */
function happen(
  w: World,
  clients: ReturnType<typeof watched>[],
  random: ReturnType<typeof seededRandom>,
): Promise<unknown> {
  const model = w.edge.room(ROOM);
  const { room } = clients[random.int(clients.length)]!;
  const key = `k${random.int(5)}`;
  const number = random.int(100);
  const things: (() => unknown)[] = [
    () => room.state.set(key, number),
    () => room.state.set(key, number, { offline: "wait" }),
    () => room.state.increment("n"),
    () => room.state.delete(key, { if: { version: random.int(20) } }),
    () => room.publish("chat:said", number),
    () => room.publish("chat:said", number, { offline: "wait" }),
    () => w.edge.send(ROOM, model.apply({ kind: "set", key, value: number })),
    () => w.edge.send(ROOM, model.apply({ kind: "join", user: `u${random.int(4)}`, info: 1 })),
    () => w.edge.send(ROOM, model.apply({ kind: "leave", user: `u${random.int(4)}` })),
    () => w.net.cut(),
    () => w.edge.tellAll("room:resync", { room: ROOM, streams: ["state"], reason: "gap", spreadMs: number }),
    () => w.edge.refuse("room:join", number % 2 ? "UNAVAILABLE" : "RATE_LIMITED", { retryAfterMs: number }),
  ];
  // What is refused is told to the caller and checked elsewhere; here only what remains counts.
  return Promise.resolve(things[random.int(things.length)]!()).catch(() => {});
}

async function simulate(seed: number): Promise<void> {
  const random = seededRandom(seed);
  const w = world(seed, () => 1 + random.int(30));
  const model = w.edge.room(ROOM);
  model.pageSize = 1 + random.int(6);
  let lossy = true;
  w.net.passes = (name) => !lossy || name.startsWith("session:") || random.float() > 0.1;
  const clients = USERS.map((user) => watched(w.client(user)));
  const happenings: { settled: boolean }[] = [];
  for (let i = 0; i < STEPS; i++) {
    happenings.push(outcome(happen(w, clients, random)));
    await w.clock.advance(random.int(120));
    if (seed % 10 === 0 && i === 12) model.rebirth();
  }

  lossy = false;
  w.edge.refusals.clear();
  const live = ({ room }: (typeof clients)[0]) => room.status.get() === "live";
  await w.clock.until(() => clients.every(live), "all live", 30_000);
  await w.clock.until(() => happenings.every(({ settled }) => settled), "all answered", 16_000);
  // P7: equal within 2 s of the next event.
  w.edge.send(ROOM, model.apply({ kind: "join", user: "last", info: 1 }));
  w.edge.send(ROOM, model.apply({ kind: "set", key: "last", value: 1 }));
  w.edge.send(ROOM, model.say("chat:said", "last"));
  const equal = ({ room }: (typeof clients)[0]) =>
    room.status.get() === "live" &&
    room.view()!.history.seq === model.events.length &&
    room.state.get("last") === 1 &&
    room.members.get().some(({ user }) => user === "last");
  await w.clock.until(() => clients.every(equal), "all equal", 2_000);
  await w.clock.advance(100);

  for (const { room, heard, missed } of clients) {
    const view = room.view()!;
    expect(new Map(view.roster.items)).toEqual(model.rosters.at(-1));
    expect(view.roster.version).toBe(model.rosterVersion);
    expect(new Map(view.state.items)).toEqual(model.states.at(-1));
    expect(view.state.version).toBe(model.stateVersion);
    expect(view.history.seq).toBe(model.events.length);
    expect([...room.state.entries.get().values()].filter(({ pending }) => pending)).toEqual([]);
    // Every number once and in order; a hole only where it was told.
    const holes = heard.slice(1).filter(({ life, seq }, i) => life === heard[i]!.life && seq !== heard[i]!.seq + 1);
    expect(holes.length).toBeLessThanOrEqual(missed());
  }
  await Promise.all(clients.map(({ client }) => client.close()));
  await w.clock.advance(20_000);
  expect(w.clock.pending).toBe(0);
  expect(w.errors).toEqual([]);
}

describe("clients of one room under loss, cuts, refusals and resyncs", () => {
  const batch = 200;
  for (let first = 1; first <= SEEDS; first += batch) {
    it(`[P6] [P7] [P8] [P16] end equal to the server and to each other (seeds ${first}-${first + batch - 1})`, async () => {
      for (let seed = first; seed < first + batch; seed++) {
        try {
          await simulate(seed);
        } catch (error) {
          throw new Error(`seed ${seed}`, { cause: error });
        }
      }
    });
  }
});
