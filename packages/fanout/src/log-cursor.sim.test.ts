/**
 * A reader against a model of a Redis stream, under any mixture of appends, trims, outages, pauses, flushes with newer
 * and older clocks, restarts and restores: nothing is handed out twice or out of order, and nothing is lost untold.
 */

import fc from "fast-check";
import { expect, test } from "vitest";
import {
  BLOCK_MS,
  type Cursor,
  type CursorEvent,
  newCursor,
  nextRead,
  PAUSE_MS,
  type RawEntry,
  READ_COUNT,
  reduce,
} from "./log-cursor.ts";
import { compareIds, ZERO_ID } from "./stream-id.ts";

/** One Redis with one stream. `number` counts appends over the whole run, whatever becomes of the data. */
class ModelLog {
  entries: { id: string; number: number; isBeat: boolean }[] = [];
  added = 0;
  exists = false;
  run = 1;
  #lastId = ZERO_ID;
  #clockMs = 1_800_000_000_000;
  #number = 0;

  pass(ms: number): void {
    this.#clockMs += ms;
  }
  append(isBeat = false): { id: string; number: number } {
    const lastMs = Number(this.#lastId.split("-")[0]);
    const lastSeq = Number(this.#lastId.split("-")[1]);
    this.#lastId = this.#clockMs > lastMs ? `${this.#clockMs}-0` : `${lastMs}-${lastSeq + 1}`;
    const entry = { id: this.#lastId, number: this.#number++, isBeat };
    this.entries.push(entry);
    this.added++;
    this.exists = true;
    return entry;
  }
  trim(length: number): void {
    this.entries = length === 0 ? [] : this.entries.slice(-length);
  }
  flush(): void {
    this.entries = [];
    this.added = 0;
    this.exists = false;
    this.#lastId = ZERO_ID;
  }
  /** An older copy: the newest `lost` entries are gone. */
  restore(lost: number): void {
    const gone = Math.min(lost, this.entries.length - 1);
    if (gone <= 0) return;
    this.entries = this.entries.slice(0, -gone);
    this.added -= gone;
    this.#lastId = this.entries.at(-1)!.id;
  }
  after(id: string): RawEntry[] {
    return this.entries
      .filter((entry) => compareIds(entry.id, id) > 0)
      .slice(0, READ_COUNT)
      .map((entry) => ({ id: entry.id, fields: [String(entry.number), String(entry.isBeat)] }));
  }
  info() {
    if (!this.exists) return undefined;
    const firstId = this.entries[0]?.id ?? ZERO_ID;
    return { firstId, lastId: this.#lastId, length: this.entries.length, added: this.added };
  }
}

class World {
  readonly log = new ModelLog();
  cursor: Cursor = newCursor(undefined);
  nowMs = 0;
  /** Numbers handed out, in order. */
  readonly got: number[] = [];
  /** How many had been appended when a loss was told. */
  readonly told: number[] = [];
  appended = 0;
  gaps = 0;
  rewinds = 0;
  /** Data was lost since the last checked read. */
  isBroken = false;

  constructor() {
    this.append(1);
    this.apply({ kind: "connected", runId: "1" });
    this.read();
  }
  append(count: number): void {
    for (let i = 0; i < count; i++) this.appended = this.log.append().number + 1;
  }
  apply(event: CursorEvent): void {
    const { cursor, effects } = reduce(this.cursor, event);
    this.cursor = cursor;
    for (const effect of effects) {
      if (effect.kind === "deliver") {
        for (const { id, fields } of effect.entries) {
          this.got.push(Number(fields[0]));
          if (fields[1] === "true") this.apply({ kind: "heard", id });
        }
      } else if (effect.kind === "gap" || effect.kind === "rewind") {
        this.told.push(this.appended);
        if (effect.kind === "gap") this.gaps++;
        else this.rewinds++;
      } else if (effect.kind === "reconnect") {
        this.reconnect();
      }
    }
  }
  reconnect(): void {
    this.apply({ kind: "failed", nowMs: this.nowMs });
    this.apply({ kind: "connected", runId: String(this.log.run) });
  }
  read(): void {
    const { log, nowMs } = this;
    const kind = nextRead(this.cursor, nowMs);
    const { position } = this.cursor;
    this.apply({ kind: "reading", nowMs });
    if (kind === "tail" && position !== undefined) {
      const entries = log.after(position);
      if (entries.length === 0) this.pass(BLOCK_MS);
      this.apply({ kind, entries, nowMs: this.nowMs });
    } else {
      const entries = position === undefined ? [] : log.after(position);
      this.apply({ kind: "checked", entries, info: log.info(), nowMs });
      this.isBroken = false;
    }
  }
  pass(ms: number): void {
    this.nowMs += ms;
    this.log.pass(ms);
  }
  /** Only an absent reader can miss a trim: `maxLen` is more than comes in `PAUSE_MS`. */
  trim(length: number): void {
    if (this.isBroken) return;
    this.pass(PAUSE_MS + 1);
    this.log.trim(length);
  }
  beat(): void {
    const { id } = this.log.append(true);
    this.appended++;
    this.apply({ kind: "beat", id });
  }
  settle(): void {
    for (let i = 0; i < 8; i++) {
      this.beat();
      for (let reads = 0; reads < 4; reads++) this.read();
    }
  }
}

const steps = {
  append: fc.integer({ min: 1, max: 20 }),
  read: fc.constant(0),
  pass: fc.integer({ min: 1, max: 1_500 }),
  beat: fc.constant(0),
  trim: fc.integer({ min: 0, max: 10 }),
  drop: fc.constant(0),
  /** How far the clock is ahead or behind afterwards; never such that a new entry could get an old one's very id. */
  flush: fc.oneof(fc.integer({ min: -500_000, max: -300_000 }), fc.integer({ min: 1, max: 10 })),
  restart: fc.integer({ min: 0, max: 5 }),
};
type Kind = keyof typeof steps;
const stepsOf = (kinds: Kind[]) =>
  fc.array(fc.oneof(...kinds.map((kind) => fc.record({ kind: fc.constant(kind), n: steps[kind] }))), {
    maxLength: 60,
    size: "max",
  });

function play(script: { kind: Kind; n: number }[]): World {
  const world = new World();
  for (const { kind, n } of script) {
    if (kind === "append") world.append(n);
    else if (kind === "read") world.read();
    else if (kind === "pass") world.pass(n);
    else if (kind === "beat") world.beat();
    else if (kind === "trim") world.trim(n);
    else if (kind === "drop") world.reconnect();
    else if (kind === "flush") {
      // At the beginning of a log there is nothing to count by yet; but a reader that waits there is served at once.
      if (world.cursor.position === ZERO_ID) world.read();
      world.isBroken = true;
      world.log.flush();
      world.log.pass(n);
    } else {
      if (world.cursor.position === ZERO_ID) world.read();
      world.isBroken = true;
      world.log.run++;
      world.log.restore(n);
      world.reconnect();
    }
  }
  world.settle();
  return world;
}

function expectOrdered(world: World): void {
  for (let i = 1; i < world.got.length; i++) expect(world.got[i]).toBeGreaterThan(world.got[i - 1]!);
}
function expectNothingLostUntold(world: World): void {
  const got = new Set(world.got);
  const lastTold = world.told.at(-1) ?? 0;
  // The first entry was there before the reader.
  for (let number = 1; number < world.appended; number++) {
    if (!got.has(number)) expect(number).toBeLessThan(lastTold);
  }
}

test("[L1] without loss in the log everything is handed out once, in order, and nothing else is told", () => {
  fc.assert(
    fc.property(stepsOf(["append", "read", "pass", "beat", "drop"]), (script) => {
      const world = play(script);
      expect(world.got).toEqual(Array.from({ length: world.appended - 1 }, (_, i) => i + 1));
      expect([world.gaps, world.rewinds]).toEqual([0, 0]);
    }),
    { numRuns: 1_000 },
  );
});

test("[L2] a trim of what was not read is told, a trim of what was read is not", () => {
  fc.assert(
    fc.property(stepsOf(["append", "read", "pass", "beat", "drop", "trim"]), (script) => {
      const world = play(script);
      expectOrdered(world);
      expectNothingLostUntold(world);
      expect(world.rewinds).toBe(0);
      expect(world.gaps > 0).toBe(world.got.length < world.appended - 1);
    }),
    { numRuns: 1_000 },
  );
});

test("[L3] flushes and restarts, whatever the clock does: nothing twice, nothing lost untold, reading goes on", () => {
  fc.assert(
    fc.property(stepsOf(["append", "read", "pass", "beat", "drop", "trim", "flush", "restart"]), (script) => {
      const world = play(script);
      expectOrdered(world);
      expectNothingLostUntold(world);
      world.append(3);
      for (let reads = 0; reads < 4; reads++) world.read();
      expect(world.got.slice(-3)).toEqual([1, 2, 3].map((n) => world.appended - 4 + n));
    }),
    { numRuns: 2_000 },
  );
});
