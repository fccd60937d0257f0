/** The vectors of `packages/contracts` that are about folding: `UPDATE=1` writes them. */

import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { diffVectors, type PlainView, resumeVectors } from "../test/vectors.ts";
import { canonical, fromJoin, type RoomView, reduce, type Snapshot } from "./fold.ts";
import type { EventTriple } from "./wire.ts";

const plain = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

function checked<T>(name: string, made: T[]): T[] {
  const file = new URL(`../../contracts/vectors/${name}.json`, import.meta.url);
  if (process.env.UPDATE === "1") writeFileSync(file, `${JSON.stringify(made, null, 2)}\n`);
  const kept = JSON.parse(readFileSync(file, "utf8")) as T[];
  it(`${name}.json is what the model of a room makes`, () => expect(kept).toEqual(plain(made)));
  return kept;
}

/** A client that knows this: by the answer to a first join. */
function viewOf({ epoch, roster, state, seq }: PlainView): RoomView {
  const { mode, count, version, members } = roster;
  const ack = {
    room: "doc:1",
    epoch,
    resumed: false,
    mode,
    count,
    roster: { version, members },
    state,
    history: { seq },
  };
  return (fromJoin(undefined, ack) as Snapshot).view;
}
const shown = (view: RoomView | "gap") => (view === "gap" ? view : plain(canonical(view)));

describe("diffs", () => {
  it.each(checked("diffs", diffVectors()))("$name", ({ from, messages, to }) => {
    const fold = (view: RoomView | "gap", message: EventTriple) => (view === "gap" ? view : reduce(view, message));
    expect(shown(messages.reduce(fold, viewOf(from) as RoomView | "gap"))).toEqual(to);
  });
});

describe("resume", () => {
  it.each(checked("resume", resumeVectors()))("$name", ({ known, ack, to, events }) => {
    const snapshot = fromJoin(known === null ? undefined : viewOf(known), ack);
    expect(shown(snapshot === "gap" ? snapshot : snapshot.view)).toEqual(to);
    if (snapshot !== "gap") expect(plain(snapshot.events)).toEqual(events);
  });
});
