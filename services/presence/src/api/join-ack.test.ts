import { ManualClock } from "@rollcall/runtime";
import { expect, it } from "vitest";
import type { HistoryAsk, HistoryRead, JoinFacts } from "../store.ts";
import { createJoinReader, joinAck, readForJoin } from "./join-ack.ts";
import { KeptReads } from "./kept-reads.ts";

const MAX_BYTES = 64 * 1024;
const name = { tenant: "main", namespace: "/", room: "doc:1" };
const joinedAt = (seq: number): JoinFacts => ({
  ...{ roomEpoch: "1.1", version: 0, count: 0, occupancy: true, stateVersion: 0, seq, position: "0-0" },
  change: undefined,
});

/** A history that has come to `newest` by the time it is read. */
function historyTo(newest: number) {
  return async (_: unknown, { after = 0, before = newest + 1, limit, newest: fromEnd }: HistoryAsk) => {
    const all = Array.from({ length: before - 1 - after }, (_, i) => after + 1 + i);
    const seqs = fromEnd ? all.slice(-limit) : all.slice(0, limit);
    const events = seqs.map((seq) => JSON.stringify(["chat:said", {}, { id: `m${seq}`, ts: "", room: "doc:1", seq }]));
    return { roomEpoch: "1.1", seq: newest, seqs, events } satisfies HistoryRead;
  };
}

async function historyOf(
  ask: { have?: number; last?: number },
  { joined, newest }: { joined: number; newest: number },
) {
  const store = { history: historyTo(newest), state: () => Promise.reject(new Error("not asked")) };
  const kept = new KeptReads(new ManualClock());
  const reader = createJoinReader({ ...store, room: store.state } as never, kept, MAX_BYTES);
  const have = ask.have === undefined ? undefined : { epoch: "1.1", history: ask.have };
  const asked = { ...name, have, last: ask.last };
  const facts = joinedAt(joined);
  const { history } = joinAck(asked, facts, await readForJoin(reader, asked, facts), {
    stale: false,
    maxBytes: MAX_BYTES,
  });
  return { ...history, events: history.events?.map(([, , { seq }]) => seq) };
}

it("an ack's events end where the session joined: those after it come from the log, and once", async () => {
  expect(await historyOf({ have: 2 }, { joined: 4, newest: 9 })).toEqual({ seq: 4, events: [3, 4] });
  expect(await historyOf({ last: 3 }, { joined: 4, newest: 9 })).toEqual({ seq: 4, events: [2, 3, 4], next: 2 });
  expect(await historyOf({ have: 4 }, { joined: 4, newest: 9 })).toEqual({ seq: 4, events: [] });
});

it("what does not fit into one ack is to be asked for, up to the same place", async () => {
  const { events, ...rest } = await historyOf({ have: 2 }, { joined: 150, newest: 400 });
  expect(rest).toEqual({ seq: 150, next: 102 });
  expect(events).toHaveLength(100);
  expect(await historyOf({ have: 2 }, { joined: 102, newest: 400 })).not.toHaveProperty("next");
});

it("a client that knows more than the room, which can only be of another life's, gets none", async () => {
  expect(await historyOf({ have: 7 }, { joined: 4, newest: 9 })).toEqual({ seq: 4, events: undefined });
});

it("so with its state's version: it begins anew", async () => {
  const uncovered = async () => ({ roomEpoch: "1.1", version: 0, more: false, entries: undefined, deleted: [] });
  const reader = createJoinReader({ state: uncovered } as never, new KeptReads(new ManualClock()), MAX_BYTES);
  const asked = { ...name, have: { epoch: "1.1", state: 7 }, last: undefined };
  const facts = joinedAt(0);
  const ack = joinAck(asked, facts, await readForJoin(reader, asked, facts), { stale: false, maxBytes: MAX_BYTES });
  expect(ack).toMatchObject({ resumed: false, state: { version: 0, entries: [] } });
});
