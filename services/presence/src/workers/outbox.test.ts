import { subjectsOf } from "@rollcall/contracts";
import { createLogger, ManualClock } from "@rollcall/runtime";
import { expect, test } from "vitest";
import type { Outbox, OutboxEntry } from "../store.ts";
import { cloudEvent } from "./cloud-events.ts";
import { type Publish, startRelay } from "./outbox.ts";

const logger = createLogger({ service: "rollcall-presence", instance: "t", level: "silent" });
const entry = (n: number, room: string, more: Partial<OutboxEntry> = {}): OutboxEntry => ({
  place: `${n}-0`,
  atMs: n,
  kind: "joined",
  id: `id-${n}`,
  traceparent: undefined,
  tenant: "main",
  user: "ann",
  namespace: "/",
  room,
  dataJson: "{}",
  delayMs: undefined,
  ...more,
});

/** An outbox in memory; `mine` says who may relay. */
function memory(entries: OutboxEntry[]) {
  const state = { entries: [...entries], mine: true, yielded: false };
  const outbox: Outbox = {
    isEmpty: async () => state.entries.length === 0,
    take: async (_relay, { count }) => ({
      mine: state.mine,
      entries: state.mine ? state.entries.slice(0, count) : [],
      standing: { waiting: state.entries.length, ageMs: 7, dropped: 0 },
    }),
    async done(places) {
      state.entries = state.entries.filter(({ place }) => !places.includes(place));
    },
    async yield() {
      state.yielded = true;
    },
  };
  return { state, outbox };
}

function relayOf(outbox: Outbox, publish: Publish, clock = new ManualClock(), natsUp = () => true, name = "r1") {
  const waiting: (number | undefined)[] = [];
  const published: string[] = [];
  const relay = startRelay({
    outbox,
    publish,
    subjects: subjectsOf("t"),
    source: "/t/presence",
    relay: name,
    clock,
    logger,
    redisUp: () => true,
    natsUp,
    published: ({ id }) => void published.push(id),
    stands: (standing) => void waiting.push(standing?.waiting),
  });
  return { relay, clock, waiting, published };
}

test("[P14] what was not stored is published again, in the order of its subject; the rest goes on", async () => {
  const { state, outbox } = memory([entry(1, "a"), entry(2, "b"), entry(3, "a"), entry(4, "b")]);
  const stored: string[] = [];
  let failing = true;
  const { relay, clock } = relayOf(outbox, async (_event, id) => {
    if (failing && id === "id-1") throw new Error("no answer");
    stored.push(id);
  });
  await clock.advance(0);
  expect(stored).toEqual(["id-2", "id-4"]);
  expect(state.entries.map(({ id }) => id)).toEqual(["id-1", "id-3"]);
  failing = false;
  await clock.advance(200);
  expect(stored).toEqual(["id-2", "id-4", "id-1", "id-3"]);
  expect(state.entries).toEqual([]);
  const closed = relay.close();
  await clock.advance(0);
  await closed;
  expect(state.yielded).toBe(true);
  expect(clock.pending).toBe(0);
});

test("an epoch is published after everything before it and before everything after", async () => {
  const { outbox } = memory([entry(1, "a"), entry(2, "", { kind: "epoch" }), entry(3, "a")]);
  const running: string[] = [];
  const seen: string[][] = [];
  const { relay, clock } = relayOf(outbox, async (_event, id) => {
    running.push(id);
    seen.push([...running]);
    await clock.sleep(10);
    running.splice(running.indexOf(id), 1);
  });
  await clock.advance(100);
  expect(seen).toEqual([["id-1"], ["id-2"], ["id-3"]]);
  const closed = relay.close();
  await clock.advance(0);
  await closed;
});

test("[P13] who may not relay publishes nothing and asks again", async () => {
  const { state, outbox } = memory([entry(1, "a")]);
  state.mine = false;
  const { relay, clock, published, waiting } = relayOf(outbox, async () => {});
  await clock.advance(80);
  expect(published).toEqual([]);
  expect(waiting).toEqual([undefined]);
  state.mine = true;
  await clock.advance(40);
  expect(published).toEqual(["id-1"]);
  const closed = relay.close();
  await clock.advance(0);
  await closed;
});

test("what comes while a batch is published shares the next one; who may not relay is not hurried", async () => {
  const { state, outbox } = memory([entry(1, "a")]);
  let takes = 0;
  const counted: Outbox = {
    ...outbox,
    take(...asked) {
      takes++;
      return outbox.take(...asked);
    },
  };
  const { relay, clock, published } = relayOf(counted, async () => {});
  await clock.advance(0);
  expect(published).toEqual(["id-1"]);
  for (const n of [2, 3, 4]) {
    state.entries.push(entry(n, "a"));
    relay.poke();
    await clock.advance(3);
  }
  expect([published.length, takes]).toEqual([1, 1]);
  await clock.advance(1);
  expect([published.length, takes]).toEqual([4, 2]);
  await clock.advance(10); // nothing more
  state.entries.push(entry(5, "a"));
  relay.poke();
  await clock.advance(0);
  expect(published).toHaveLength(5);
  await clock.advance(10);
  expect(takes).toBe(3); // with nothing there, only looked
  state.mine = false;
  relay.poke();
  await clock.advance(10);
  takes = 0;
  for (let i = 0; i < 10; i++) relay.poke();
  await clock.advance(80);
  expect(takes).toBe(0);
  const closed = relay.close();
  await clock.advance(0);
  await closed;
});

test.each([
  ["looks by itself", false],
  ["was told meanwhile of what it has taken", true],
])(
  "who %s and finds nothing gives the claim back: another replica's commit is published at once",
  async (_, isTold) => {
    const waiting: OutboxEntry[] = [];
    let holder: string | undefined;
    const outbox: Outbox = {
      isEmpty: async () => waiting.length === 0,
      take: async (relay) => {
        holder ??= relay;
        const mine = holder === relay;
        return { mine, entries: mine ? [...waiting] : [], standing: { waiting: waiting.length, ageMs: 7, dropped: 0 } };
      },
      done: async () => void waiting.splice(0),
      yield: async (relay) => {
        if (holder === relay) holder = undefined;
      },
    };
    const clock = new ManualClock();
    const replicas = ["r1", "r2"].map((name) => {
      const replica = relayOf(
        outbox,
        async () => void (isTold && replica.relay.poke()),
        clock,
        () => true,
        name,
      );
      return replica;
    });
    await clock.advance(0);
    for (const [i, { relay, published }] of replicas.entries()) {
      waiting.push(entry(i, "a"));
      relay.poke();
      await clock.advance(0);
      expect(published).toEqual([`id-${i}`]);
      await clock.advance(20); // looks once more
    }
    for (const { relay } of replicas) {
      const closed = relay.close();
      await clock.advance(0);
      await closed;
    }
  },
);

test("while NATS is away nothing is claimed, and how much waits is told", async () => {
  const { outbox } = memory([entry(1, "a"), entry(2, "b")]);
  let isUp = false;
  const counts: number[] = [];
  const looked: Outbox = {
    ...outbox,
    take: (relay, options) => {
      counts.push(options.count);
      return options.count === 0
        ? Promise.resolve({ mine: false, entries: [], standing: { waiting: 2, ageMs: 600_000, dropped: 0 } })
        : outbox.take(relay, options);
    },
  };
  const { relay, clock, published, waiting } = relayOf(
    looked,
    async () => {},
    new ManualClock(),
    () => isUp,
  );
  await clock.advance(1_100);
  expect(published).toEqual([]);
  expect(new Set(counts)).toEqual(new Set([0]));
  expect(new Set(waiting)).toEqual(new Set([2]));
  isUp = true;
  await clock.advance(600);
  expect(published).toEqual(["id-1", "id-2"]);
  const closed = relay.close();
  await clock.advance(0);
  await closed;
});

test("a transition's CloudEvent has its subject, identity and trace", () => {
  const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  const joined = cloudEvent(entry(5, "doc:1", { traceparent }), subjectsOf("t"), "/t/presence");
  expect(joined.subject).toBe("t.presence.v1.main.room.%2F.doc%3A1");
  expect(joined.headers).toEqual({
    "ce-specversion": "1.0",
    "ce-id": "id-5",
    "ce-type": "rollcall.room.joined",
    "ce-source": "/t/presence",
    "ce-time": "1970-01-01T00:00:00.005Z",
    "ce-tenantid": "main",
    "content-type": "application/json",
    traceparent,
  });
  const online = cloudEvent(entry(6, "", { kind: "online", user: "a.b" }), subjectsOf("t"), "/t/presence");
  expect(online.subject).toBe("t.presence.v1.main.user.a%2Eb");
  const epoch = cloudEvent(entry(7, "", { kind: "epoch", tenant: "" }), subjectsOf("t"), "/t/presence");
  expect(epoch.subject).toBe("t.presence.v1.epoch");
  expect(epoch.headers["ce-tenantid"]).toBeUndefined();
});
