import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Change, ModelRoom } from "../test/model-room.ts";
import {
  addPage,
  canonical,
  fromJoin,
  HISTORY_KEPT,
  haveOf,
  isWhole,
  type RoomView,
  reduce,
  type Snapshot,
} from "./fold.ts";
import type { EventTriple, JoinAck, Member, RosterDiff, StateDiff } from "./wire.ts";

const meta = { id: "m", ts: "", room: "doc:1" };
const member = (user: string, info?: unknown): Member => ({ user, info, devices: 1, since: "2026-01-01T00:00:00Z" });
const roster = (diff: Partial<RosterDiff>): EventTriple => [
  "room:roster",
  { room: "doc:1", epoch: "c0.1", count: 0, from: 0, to: 1, ...diff },
  meta,
];
const state = (diff: Partial<StateDiff>): EventTriple => [
  "room:state",
  { room: "doc:1", epoch: "c0.1", from: 0, to: 1, ...diff },
  meta,
];
const said = (seq: number): EventTriple => ["chat:said", seq, { ...meta, id: `h${seq}`, seq }];
const ack = (parts: Partial<JoinAck> = {}): JoinAck => ({
  room: "doc:1",
  epoch: "c0.1",
  resumed: false,
  mode: "roster",
  count: 1,
  roster: { version: 5, members: [member("ann")] },
  state: { version: 3, entries: [{ key: "title", value: "a", version: 3 }] },
  history: { seq: 7 },
  ...parts,
});
const whole = (snapshot: Snapshot | "gap"): RoomView => {
  if (snapshot === "gap") throw new Error("a gap where none was expected");
  expect(snapshot.pages).toEqual([]);
  return snapshot.view;
};
const view = whole(fromJoin(undefined, ack()));

describe("one message", () => {
  it("[F1] a diff applies if from <= own < to, overlap included", () => {
    const next = reduce(view, roster({ from: 4, to: 7, joined: [member("bob")], left: ["ann"], count: 1 })) as RoomView;
    expect([...next.roster.items.keys()]).toEqual(["bob"]);
    expect(next.roster.version).toBe(7);
  });

  it("[F1] a diff to a version that is known changes nothing, not even the identity", () => {
    expect(reduce(view, roster({ from: 3, to: 5, left: ["ann"] }))).toBe(view);
    expect(reduce(view, state({ from: 0, to: 3, deleted: ["title"] }))).toBe(view);
  });

  it("[F1] [P7] a diff with a later from is a gap", () => {
    expect(reduce(view, roster({ from: 6, to: 7 }))).toBe("gap");
    expect(reduce(view, state({ from: 4, to: 5 }))).toBe("gap");
  });

  it("[F2] another epoch is a gap whatever the versions", () => {
    expect(reduce(view, roster({ epoch: "c0.2", from: 5, to: 6 }))).toBe("gap");
    expect(reduce(view, state({ epoch: "c0.2", from: 0, to: 1 }))).toBe("gap");
    expect(reduce(view, ["room:occupancy", { room: "doc:1", epoch: "c0.2", version: 9, count: 600 }, meta])).toBe(
      "gap",
    );
  });

  it("[F3] the first occupancy forgets members and keeps the count; older ones tell nothing", () => {
    const at = (version: number): EventTriple => [
      "room:occupancy",
      { room: "doc:1", epoch: "c0.1", version, count: 501 },
      meta,
    ];
    expect(reduce(view, at(5))).toBe(view);
    const big = reduce(view, at(9)) as RoomView;
    expect(big.roster).toMatchObject({ mode: "occupancy", count: 501, version: 9 });
    expect(big.roster.items.size).toBe(0);
    expect(big.state).toBe(view.state);
  });

  it("[F4] a roster diff onto a mere count is a gap", () => {
    const big = whole(fromJoin(undefined, ack({ mode: "occupancy", count: 600, roster: { version: 9 } })));
    expect(reduce(big, roster({ from: 9, to: 10, joined: [member("bob")] }))).toBe("gap");
  });

  it("[F5] history is consecutive: the next is kept, a repeat ignored, a jump is a gap", () => {
    const next = reduce(view, said(8)) as RoomView;
    expect(next.history).toEqual({ seq: 8, events: [said(8)] });
    expect(reduce(next, said(8))).toBe(next);
    expect(reduce(next, said(10))).toBe("gap");
  });

  it(`[F5] no more than ${HISTORY_KEPT} events are kept, the newest`, () => {
    let now: RoomView = view;
    for (let seq = 8; seq < 8 + HISTORY_KEPT + 5; seq++) now = reduce(now, said(seq)) as RoomView;
    expect(now.history.events).toHaveLength(HISTORY_KEPT);
    expect(now.history.events.at(-1)).toEqual(said(now.history.seq));
  });

  it("an event without a number, or of a later protocol, changes nothing", () => {
    expect(reduce(view, ["cursor:moved", {}, meta])).toBe(view);
    expect(reduce(view, ["room:later", { epoch: "c0.9" }, meta])).toBe(view);
  });

  it("[P6] keys that JavaScript objects treat specially are keys like others", () => {
    const set = [{ key: "__proto__", value: 1, version: 4 }];
    const next = reduce(view, state({ from: 3, to: 4, set })) as RoomView;
    expect(next.state.items.get("__proto__")?.value).toBe(1);
  });
});

describe("the answer to a join", () => {
  it("[F7] empty deltas continue what is known, with the same identity", () => {
    const none = { room: "doc:1", epoch: "c0.1", from: 5, to: 5, count: 1 };
    const again = fromJoin(
      view,
      ack({
        resumed: true,
        roster: { version: 5, delta: none },
        state: { version: 3, delta: { ...none, from: 3, to: 3 } },
        history: { seq: 7, events: [] },
      }),
    );
    expect(whole(again).roster).toBe(view.roster);
    expect(whole(again).state).toBe(view.state);
    expect(again).toMatchObject({ continued: true, events: [] });
  });

  it("[F7] a delta that does not lead from what is known to what is said is a gap", () => {
    const to9 = { room: "doc:1", epoch: "c0.1", from: 8, to: 9, count: 1 };
    expect(fromJoin(view, ack({ roster: { version: 9, delta: to9 } }))).toBe("gap");
    expect(fromJoin(view, ack({ state: { version: 9, delta: to9 } }))).toBe("gap");
    expect(fromJoin(undefined, ack({ roster: { version: 5 } }))).toBe("gap");
    expect(fromJoin(view, ack({ epoch: "c0.2", roster: { version: 5 } }))).toBe("gap");
  });

  it("[F8] history that follows on is handed on, in order", () => {
    const again = fromJoin(view, ack({ history: { seq: 9, events: [said(8), said(9)] } })) as Snapshot;
    expect(again).toMatchObject({ continued: true, events: [said(8), said(9)] });
    expect(again.view.history.seq).toBe(9);
  });

  it("[F8] history with a hole before it is shown, not handed on", () => {
    const again = fromJoin(view, ack({ history: { seq: 20, events: [said(19), said(20)] } })) as Snapshot;
    expect(again).toMatchObject({ continued: false, events: [] });
    expect(again.view.history).toEqual({ seq: 20, events: [said(19), said(20)] });
    expect((fromJoin(view, ack({ history: { seq: 20 } })) as Snapshot).continued).toBe(false);
  });

  it("[F9] a client that knows a mere count asks for the members again", () => {
    const big = whole(fromJoin(undefined, ack({ mode: "occupancy", count: 600, roster: { version: 9 } })));
    expect(haveOf(big)).toEqual({ epoch: "c0.1", state: 3, history: 7 });
    expect(haveOf(view)).toEqual({ epoch: "c0.1", roster: 5, state: 3, history: 7 });
    expect(haveOf(view, false)).toEqual({ epoch: "c0.1", history: 7 });
  });

  it("[F6] a page of another epoch, or one nobody asked for, is a gap", () => {
    const snapshot = fromJoin(undefined, ack({ roster: { version: 5, members: [], next: "c" } })) as Snapshot;
    expect(snapshot.pages).toEqual([["room:members", { cursor: "c" }]]);
    expect(addPage(snapshot, { epoch: "c0.2", version: 5, count: 0, members: [] })).toBe("gap");
    expect(addPage({ ...snapshot, pages: [] }, { epoch: "c0.1", version: 5, count: 0, members: [] })).toBe("gap");
  });
});

const user = fc.constantFrom("ann", "bob", "cy", "dee", "eve");
const key = fc.constantFrom("a", "b", "c", "__proto__");
const change: fc.Arbitrary<Change> = fc.oneof(
  fc.record({ kind: fc.constantFrom("join" as const, "update" as const), user, info: fc.nat(9) }),
  fc.record({ kind: fc.constant("leave" as const), user }),
  fc.record({ kind: fc.constant("set" as const), key, value: fc.nat(9) }),
  fc.record({ kind: fc.constant("delete" as const), key }),
  fc.record({ kind: fc.constant("say" as const), text: fc.nat(9) }),
);
const changes = fc.array(change, { minLength: 1, maxLength: 40, size: "max" });

/** Any way to cut `from..to` into diffs that overlap as they like but leave no hole. */
function cuts(from: number, to: number, overlaps: readonly number[]): { from: number; to: number }[] {
  const diffs: { from: number; to: number }[] = [];
  for (let own = from, i = 0; own < to; i++) {
    const [back, ahead] = [overlaps[i % overlaps.length]!, overlaps[(i + 1) % overlaps.length]!];
    const end = Math.min(to, own + 1 + ahead);
    diffs.push({ from: Math.max(0, own - back), to: end });
    own = end;
  }
  return diffs;
}

function settle(room: ModelRoom, start: RoomView, overlaps: readonly number[]): RoomView {
  const messages: EventTriple[] = [
    ...cuts(start.roster.version, room.rosterVersion, overlaps).map(({ from, to }) =>
      roster(room.rosterDiff(from, to)),
    ),
    ...cuts(start.state.version, room.stateVersion, overlaps).map(({ from, to }) => state(room.stateDiff(from, to))),
    ...room.events.slice(start.history.seq),
  ];
  return messages.reduce<RoomView>((view, message) => {
    const next = reduce(view, message);
    if (next === "gap") throw new Error(`a gap at ${JSON.stringify(message)}`);
    return next;
  }, start);
}

function made(list: readonly Change[]): ModelRoom {
  const room = new ModelRoom();
  for (const item of list) room.apply(item);
  return room;
}

function truth(room: ModelRoom) {
  room.pageSize = Number.POSITIVE_INFINITY;
  return canonical(whole(fromJoin(undefined, room.ack())));
}
const overlaps = fc.array(fc.nat(4), { minLength: 2, maxLength: 6 });

describe("properties", () => {
  it("[P8] a snapshot of any version with any merge of diffs gives the same view, overlaps included", () => {
    fc.assert(
      fc.property(changes, fc.nat(), fc.nat(), overlaps, (list, a, b, cut) => {
        const room = made(list);
        const start = room.ack(undefined, a % (room.rosterVersion + 1), b % (room.stateVersion + 1));
        const view = whole(fromJoin(undefined, { ...start, history: { seq: 0 } }));
        expect(canonical(settle(room, view, cut))).toEqual(truth(room));
      }),
      { numRuns: 500 },
    );
  });

  it("[P8] pages read at any later versions come to the same view, and say when they have", () => {
    fc.assert(
      fc.property(changes, fc.array(fc.nat(), { minLength: 3, maxLength: 8 }), overlaps, (list, reads, cut) => {
        const room = made(list);
        room.pageSize = 1;
        let at = reads[0]! % (room.rosterVersion + 1);
        let stateAt = reads[0]! % (room.stateVersion + 1);
        let snapshot = fromJoin(undefined, { ...room.ack(undefined, at, stateAt), history: { seq: 0 } });
        for (let i = 1; snapshot !== "gap" && snapshot.pages.length > 0; i++) {
          const [name, where] = snapshot.pages[0]!;
          at += reads[i % reads.length]! % (room.rosterVersion + 1 - at);
          stateAt += reads[i % reads.length]! % (room.stateVersion + 1 - stateAt);
          const cursor = "cursor" in where ? where.cursor : undefined;
          snapshot = addPage(
            snapshot,
            name === "room:members" ? room.membersPage(cursor, at) : room.statePage(cursor, stateAt),
          );
        }
        const view = whole(snapshot);
        const settled = settle(room, view, cut);
        expect(isWhole(settled)).toBe(true);
        expect(canonical(settled)).toEqual(truth(room));
      }),
      { numRuns: 500 },
    );
  });

  it("[P6] [P7] any loss, repeat and reordering is refused as a gap or changes nothing false", () => {
    const fates = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 2 })), { minLength: 60, maxLength: 60 });
    fc.assert(
      fc.property(changes, fates, (list, fate) => {
        const room = new ModelRoom();
        const sent = list
          .map((item) => room.apply(item))
          .filter((message) => message !== undefined)
          .flatMap((message, i) => Array.from({ length: fate[i]![1] }, () => message))
          .map((message, i) => ({ message, order: i + (fate[i % fate.length]![0] % 3) }))
          .sort((a, b) => a.order - b.order);
        let view = whole(fromJoin(undefined, new ModelRoom().ack()));
        for (const { message } of sent) {
          const next = reduce(view, message);
          if (next === "gap") continue;
          expect(next.roster.version).toBeGreaterThanOrEqual(view.roster.version);
          expect(next.state.version).toBeGreaterThanOrEqual(view.state.version);
          view = next;
          expect(new Map(view.roster.items)).toEqual(room.rosters[view.roster.version]);
          expect(new Map(view.state.items)).toEqual(room.states[view.state.version]);
          expect(view.history.events).toEqual(room.events.slice(0, view.history.seq));
        }
      }),
      { numRuns: 500 },
    );
  });

  it("[P8] resuming from any versions equals joining anew", () => {
    fc.assert(
      fc.property(changes, fc.nat(), (list, when) => {
        const room = new ModelRoom();
        const cut = when % (list.length + 1);
        for (const item of list.slice(0, cut)) room.apply(item);
        const before = whole(fromJoin(undefined, room.ack()));
        for (const item of list.slice(cut)) room.apply(item);
        expect(canonical(whole(fromJoin(before, room.ack(haveOf(before)))))).toEqual(truth(room));
      }),
      { numRuns: 500 },
    );
  });
});
