/**
 * The vectors of folding: what a room's server said, made by the model of a room, and what a client that folds it then
 * knows, read off the model and not off a fold.
 */

import { seededRandom } from "@rollcall/runtime";
import type { canonical } from "../src/fold.ts";
import type { EventTriple, JoinAck, JoinHave } from "../src/wire.ts";
import { ModelRoom } from "./model-room.ts";

export type PlainView = ReturnType<typeof canonical>;

export interface DiffVector {
  name: string;
  from: PlainView;
  messages: EventTriple[];
  to: PlainView | "gap";
}

export interface ResumeVector {
  name: string;
  known: PlainView | null;
  ack: JoinAck;
  to: PlainView | "gap";
  /** History that continues what was known. */
  events: EventTriple[];
}

const ROOM = "doc:1";
const sorted = <T>(items: ReadonlyMap<string, T>) => [...items].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, v]) => v);

/** What the room was at these versions; now, where none is given. */
function truth(model: ModelRoom, at: { roster?: number; state?: number; seq?: number } = {}): PlainView {
  const { roster = model.rosterVersion, state = model.stateVersion, seq = model.events.length } = at;
  const members = model.rosters[roster]!;
  const { mode } = model;
  return {
    epoch: model.epoch,
    roster: { mode, count: members.size, version: roster, members: mode === "roster" ? sorted(members) : [] },
    state: { version: state, entries: sorted(model.states[state]!) },
    seq,
  };
}

/** Ann and Bob are here, two keys are set, two words were said. */
function room(): ModelRoom {
  const model = new ModelRoom(ROOM);
  for (const user of ["ann", "bob"]) model.apply({ kind: "join", user, info: { color: user } });
  model.apply({ kind: "set", key: "title", value: "Plan" });
  model.apply({ kind: "set", key: "n", value: 1 });
  for (const text of [1, 2]) model.say("chat:said", text);
  return model;
}

const event = (name: string, payload: unknown): EventTriple => [name, payload, { id: `m-${name}`, ts: "", room: ROOM }];
const roster = (model: ModelRoom, from: number, to?: number) => event("room:roster", model.rosterDiff(from, to));
const state = (model: ModelRoom, from: number, to?: number) => event("room:state", model.stateDiff(from, to));
const crowd = (model: ModelRoom, version: number, count: number) =>
  event("room:occupancy", { room: ROOM, epoch: model.epoch, version, count });

function vector(
  name: string,
  messages: (model: ModelRoom) => (EventTriple | undefined)[],
  to?: (model: ModelRoom, from: PlainView) => DiffVector["to"],
): DiffVector {
  const model = room();
  const from = truth(model);
  const heard = messages(model).filter((message) => message !== undefined);
  return { name, from, messages: heard, to: to?.(model, from) ?? truth(model) };
}
const gap = () => "gap" as const;
const unchanged = (_: ModelRoom, from: PlainView) => from;

export function diffVectors(): DiffVector[] {
  const leaveAndReturn = (model: ModelRoom) => {
    model.apply({ kind: "join", user: "cy", info: 1 });
    model.apply({ kind: "leave", user: "ann" });
    model.apply({ kind: "update", user: "bob", info: 2 });
    model.apply({ kind: "leave", user: "cy" });
  };
  const write = (model: ModelRoom) => {
    model.apply({ kind: "set", key: "title", value: "Other" });
    model.apply({ kind: "delete", key: "n" });
    model.apply({ kind: "set", key: "n", value: 7 });
    model.apply({ kind: "delete", key: "title" });
  };
  return [
    vector("one diff after the other", (model) => [
      model.apply({ kind: "join", user: "cy", info: 1 }),
      model.apply({ kind: "update", user: "ann", info: 2 }),
      model.apply({ kind: "leave", user: "bob" }),
      model.apply({ kind: "set", key: "title", value: "Other" }),
      model.apply({ kind: "delete", key: "n" }),
    ]),
    vector("merged: a join followed by a leave is `left`", (model) => {
      leaveAndReturn(model);
      return [roster(model, 2)];
    }),
    vector("merged: the last write of a key", (model) => {
      write(model);
      return [state(model, 2)];
    }),
    vector("overlap does no harm: `from` below what is known", (model) => {
      leaveAndReturn(model);
      write(model);
      return [roster(model, 0), state(model, 1)];
    }),
    vector(
      "a diff to a version that is known changes nothing",
      (model) => [roster(model, 0, 2), state(model, 1, 2)],
      unchanged,
    ),
    vector("a diff heard twice", (model) => {
      write(model);
      return [state(model, 2, 4), state(model, 2, 4), state(model, 4)];
    }),
    vector(
      "a roster diff from a later version",
      (model) => {
        leaveAndReturn(model);
        return [roster(model, 3)];
      },
      gap,
    ),
    vector(
      "a state diff from a later version",
      (model) => {
        write(model);
        return [state(model, 3)];
      },
      gap,
    ),
    vector(
      "another epoch, whatever the versions",
      (model) => {
        model.rebirth();
        return [roster(model, 0)];
      },
      gap,
    ),
    vector("the next event of the history", (model) => [model.say("chat:said", 3), model.say("chat:said", 4)]),
    vector("an event of the history that is known", (model) => [model.events[1]], unchanged),
    vector(
      "an event of the history that is not the next",
      (model) => {
        model.say("chat:said", 3);
        return [model.say("chat:said", 4)];
      },
      gap,
    ),
    vector(
      "an event without a number is no part of it",
      (model) => [event("cursor:moved", { x: model.events.length, y: 1 })],
      unchanged,
    ),
    vector(
      "too many members: a count instead of names",
      (model) => [crowd(model, 3, 501)],
      (_, from) => ({ ...from, roster: { mode: "occupancy", count: 501, version: 3, members: [] } }),
    ),
    vector("a count that is not newer", (model) => [crowd(model, 2, 501)], unchanged),
    vector(
      "a roster diff after a mere count",
      (model) => {
        const before = crowd(model, 3, 501);
        leaveAndReturn(model);
        return [before, roster(model, 3)];
      },
      gap,
    ),
    ...Array.from({ length: 25 }, (_, i) => randomVector(i + 1)),
  ];
}

/** Changes and merges at random: any merge, with any overlap, leads to the same. */
function randomVector(seed: number): DiffVector {
  const random = seededRandom(seed);
  return vector(`at random, ${seed}`, (model) => {
    const messages: (EventTriple | undefined)[] = [];
    let told = { roster: 2, state: 2 };
    for (let i = 0; i < 12; i++) {
      const user = ["ann", "bob", "cy", "dee"][random.int(4)]!;
      const key = ["title", "n", "k"][random.int(3)]!;
      const changes = [
        () => model.apply({ kind: model.rosters.at(-1)!.has(user) ? "update" : "join", user, info: i }),
        () => model.apply({ kind: "leave", user }),
        () => model.apply({ kind: "set", key, value: i }),
        () => model.apply({ kind: "delete", key }),
        () => void messages.push(model.say("chat:said", i)),
      ];
      changes[random.int(changes.length)]!();
      if (i < 11 && random.int(3) > 0) continue;
      messages.push(roster(model, Math.max(0, told.roster - random.int(2))));
      messages.push(state(model, Math.max(0, told.state - random.int(2))));
      told = { roster: model.rosterVersion, state: model.stateVersion };
    }
    return messages;
  });
}

export function resumeVectors(): ResumeVector[] {
  const have = ({ epoch, roster: { version }, state: { version: stateVersion }, seq }: PlainView): JoinHave => ({
    epoch,
    roster: version,
    state: stateVersion,
    history: seq,
  });
  const resumed = (
    name: string,
    meanwhile: (model: ModelRoom) => void,
    of: { to?: "gap"; ack?: (model: ModelRoom, known: PlainView) => JoinAck } = {},
  ): ResumeVector => {
    const model = room();
    const known = truth(model);
    meanwhile(model);
    const ack = of.ack?.(model, known) ?? model.ack(have(known));
    return { name, known, ack, to: of.to ?? truth(model), events: of.to ? [] : (ack.history.events ?? []) };
  };
  const model = room();
  return [
    { name: "a first join", known: null, ack: model.ack(), to: truth(model), events: [] },
    resumed("nothing happened", () => {}),
    resumed("state as a delta, deletions included", (room) => {
      room.apply({ kind: "set", key: "k", value: 1 });
      room.apply({ kind: "delete", key: "n" });
    }),
    resumed("the roster whole, when it changed", (room) => {
      room.apply({ kind: "leave", user: "ann" });
      room.apply({ kind: "join", user: "cy", info: 1 });
    }),
    resumed("the history goes on", (room) => {
      for (const text of [3, 4, 5]) room.say("chat:said", text);
    }),
    resumed("a history that was trimmed in between does not", (room) => {
      for (const text of [3, 4, 5]) room.say("chat:said", text);
      room.trimmed = 4;
    }),
    resumed("another life of the room: everything anew", (room) => room.rebirth()),
    resumed("a roster delta that begins later", (room) => void room.apply({ kind: "join", user: "cy", info: 1 }), {
      to: "gap",
      ack: (room, known) => {
        const { members: _, ...rest } = room.ack(have(known)).roster;
        return { ...room.ack(have(known)), roster: { ...rest, delta: room.rosterDiff(3, 3) } };
      },
    }),
    resumed(
      "a delta that does not reach the version it goes with",
      (room) => void room.apply({ kind: "set", key: "k", value: 1 }),
      {
        to: "gap",
        ack: (room, known) => {
          const ack = room.ack(have(known));
          return { ...ack, state: { version: 4, delta: room.stateDiff(2) } };
        },
      },
    ),
  ];
}
