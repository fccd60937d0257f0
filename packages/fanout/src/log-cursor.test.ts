import { describe, expect, test } from "vitest";
import {
  BLOCK_MS,
  type Cursor,
  type CursorEffect,
  type CursorEvent,
  newCursor,
  nextRead,
  PAUSE_MS,
  READ_COUNT,
  reduce,
  SILENT_MS,
  STALE_MS,
  type StreamInfo,
} from "./log-cursor.ts";

const entry = (id: string) => ({ id, fields: [] });
const info = (firstId: string, lastId: string, length: number, added = length): StreamInfo => ({
  firstId,
  lastId,
  length,
  added,
});

/** Folds events; `effects` are those of the last one, deliveries as ids. */
function run(start: Cursor, ...events: CursorEvent[]): { cursor: Cursor; effects: unknown[] } {
  let cursor = start;
  let effects: readonly CursorEffect[] = [];
  for (const event of events) ({ cursor, effects } = reduce(cursor, event));
  return {
    cursor,
    effects: effects.map((e) => (e.kind === "deliver" ? e.entries.map(({ id }) => id) : e)),
  };
}
const connected = (runId = "run-1"): CursorEvent => ({ kind: "connected", runId });
const checked = (at: StreamInfo | undefined, ids: string[] = [], nowMs = 0): CursorEvent => ({
  kind: "checked",
  info: at,
  entries: ids.map(entry),
  nowMs,
});
const tail = (ids: string[], nowMs = 0): CursorEvent => ({ kind: "tail", entries: ids.map(entry), nowMs });
const live = { kind: "health", state: "live" };
const rewind = { kind: "rewind" };

/** Pinned at 5-0, the fifth of a log that still has all five. */
const pinned = run(newCursor(undefined), connected(), checked(info("1-0", "5-0", 5))).cursor;

describe("pinning", () => {
  test("to the newest entry there is, once", () => {
    const step = run(newCursor(undefined), connected(), checked(info("1-0", "5-0", 5)));
    expect(step.cursor.position).toBe("5-0");
    expect(step.effects).toEqual([live]);
  });

  test("to the beginning when there is no log yet: the first entry is not missed", () => {
    const none = run(newCursor(undefined), connected(), checked(undefined));
    expect(none.cursor.position).toBe("0-0");
    expect(run(none.cursor, checked(info("9-0", "9-0", 1), ["9-0"])).effects).toEqual([["9-0"]]);
  });

  test("a connection lost before the first entry keeps the position", () => {
    const step = run(
      pinned,
      { kind: "failed", nowMs: 10 },
      connected(),
      checked(info("1-0", "7-0", 7), ["6-0", "7-0"]),
    );
    expect(step.effects).toEqual([["6-0", "7-0"]]);
  });

  test("to a given position, from which a trim is a gap", () => {
    const from = run(newCursor("5-0"), connected());
    expect(run(from.cursor, checked(info("1-0", "5-0", 5))).effects).toEqual([live]);
    expect(run(from.cursor, checked(info("8-0", "9-0", 2, 9), ["8-0", "9-0"])).effects).toEqual([
      live,
      { kind: "gap", after: "5-0", before: "8-0" },
      ["8-0", "9-0"],
    ]);
  });
});

describe("which read", () => {
  test("a tail read when all is well", () => {
    expect(nextRead(pinned, 10)).toBe("tail");
    expect(nextRead(run(pinned, tail(["6-0"], 10)).cursor, 20)).toBe("tail");
  });

  test.each([
    ["before pinning", newCursor(undefined), 0],
    ["after a pause between reads", pinned, PAUSE_MS + 1],
    ["after connecting", run(pinned, connected()).cursor, 0],
    ["after a failure", run(pinned, { kind: "failed", nowMs: 0 }).cursor, 0],
    [
      "after a full read: we are behind",
      run(pinned, tail(Array.from({ length: READ_COUNT }, (_, i) => `6-${i}`))).cursor,
      0,
    ],
    ["after nothing came, not even a heartbeat", run(pinned, tail([])).cursor, 0],
    [
      "after an answer that waited for us while we were paused",
      run(pinned, { kind: "reading", nowMs: 0 }, tail(["6-0"], BLOCK_MS + PAUSE_MS + 1)).cursor,
      BLOCK_MS + PAUSE_MS + 1,
    ],
    ["after our own heartbeat was read", run(pinned, { kind: "heard", id: "6-0" }).cursor, 0],
    ["after a heartbeat got an id below ours", run(pinned, { kind: "beat", id: "4-0" }).cursor, 0],
  ])("a checked one %s", (_name, cursor, nowMs) => {
    expect(nextRead(cursor, nowMs)).toBe("checked");
  });
});

describe("[L2] gaps", () => {
  test("what was trimmed before it was read is told once, before what follows", () => {
    const step = run(pinned, checked(info("8-0", "9-0", 2, 9), ["8-0", "9-0"]));
    expect(step.effects).toEqual([{ kind: "gap", after: "5-0", before: "8-0" }, ["8-0", "9-0"]]);
    expect(run(step.cursor, checked(info("9-0", "9-0", 1, 9))).effects).toEqual([]);
  });

  test("a trim of what was read is none", () => {
    expect(run(pinned, checked(info("6-0", "7-0", 2, 7), ["6-0", "7-0"])).effects).toEqual([["6-0", "7-0"]]);
  });

  test("a trim of everything is one", () => {
    const step = run(pinned, checked(info("0-0", "9-0", 0, 9)));
    expect(step.effects).toEqual([{ kind: "gap", after: "5-0", before: "9-0" }]);
    expect(run(step.cursor, checked(info("0-0", "9-0", 0, 9))).effects).toEqual([]);
  });

  test("counting goes on through tail reads", () => {
    const read = run(pinned, tail(["6-0"]), tail(["7-0", "8-0"]));
    expect(run(read.cursor, checked(info("9-0", "9-0", 1, 9), ["9-0"])).effects).toEqual([["9-0"]]);
    expect(run(read.cursor, checked(info("10-0", "10-0", 1, 10), ["10-0"])).effects).toEqual([
      { kind: "gap", after: "8-0", before: "10-0" },
      ["10-0"],
    ]);
  });

  test("entries deleted by hand are no gap for ever", () => {
    expect(run(pinned, checked(info("1-0", "5-0", 4, 5))).effects).toEqual([]);
  });
});

describe("[L3] rewinds", () => {
  test("a log made anew with an older clock: told once, all of it read", () => {
    const step = run(pinned, checked(info("2-5", "3-0", 2)));
    expect(step.effects).toEqual([rewind]);
    expect(step.cursor.position).toBe("0-0");
    expect(nextRead(step.cursor, 0)).toBe("checked");
    expect(run(step.cursor, checked(info("2-5", "3-0", 2), ["2-5", "3-0"])).effects).toEqual([["2-5", "3-0"]]);
  });

  test("another run with an older copy of the log: told once, what is in it is not repeated", () => {
    const step = run(pinned, connected("run-2"), checked(info("1-0", "3-0", 3)));
    expect(step.effects).toEqual([rewind]);
    expect(run(step.cursor, checked(info("1-0", "4-0", 4), ["4-0"])).effects).toEqual([["4-0"]]);
  });

  test("the log is gone: told once, what comes is read from its beginning", () => {
    const step = run(pinned, checked(undefined));
    expect(step.effects).toEqual([rewind]);
    expect(run(step.cursor, checked(undefined)).effects).toEqual([]);
    expect(run(step.cursor, checked(info("2-0", "2-0", 1), ["2-0"])).effects).toEqual([["2-0"]]);
  });

  test("gone and made anew since, with a newer clock: fewer were ever added", () => {
    expect(run(pinned, checked(info("8-0", "9-0", 2), ["8-0", "9-0"])).effects).toEqual([rewind, ["8-0", "9-0"]]);
  });

  test("the same, noticed only after reading on: counted", () => {
    const step = run(pinned, tail(["8-0"]), tail(["9-0"]), checked(info("8-0", "9-0", 2)));
    expect(step.effects).toEqual([rewind]);
    expect(run(step.cursor, checked(info("8-0", "10-0", 3), ["10-0"])).effects).toEqual([["10-0"]]);
  });

  test("told once also while we are far behind in the new log", () => {
    const ids = (from: number) => Array.from({ length: READ_COUNT }, (_, i) => `9-${from + i}`);
    const large: StreamInfo = info("9-0", "9-1003", 2 * READ_COUNT + 4);
    const behind = run(pinned, connected("run-2"), checked(large, ids(0)));
    expect(behind.effects[0]).toEqual(rewind);
    expect(run(behind.cursor, checked(large, ids(READ_COUNT))).effects).toEqual([ids(READ_COUNT)]);
  });

  test("another run of Redis may have lost what others did: told, position kept when the log has it", () => {
    const step = run(pinned, connected("run-2"), checked(info("1-0", "6-0", 6), ["6-0"]));
    expect(step.effects).toEqual([rewind, ["6-0"]]);
    expect(run(step.cursor, connected("run-2"), checked(info("1-0", "6-0", 6))).effects).toEqual([]);
  });

  test("the same run reached again is none", () => {
    expect(run(pinned, connected("run-1"), checked(info("1-0", "5-0", 5))).effects).toEqual([]);
  });
});

describe("[L4] deafness", () => {
  const beat: CursorEvent = { kind: "beat", id: "7-0" };
  const reading: CursorEvent = { kind: "reading", nowMs: 0 };

  test("a server that lacks our heartbeat is the wrong one", () => {
    expect(run(pinned, beat, reading, checked(info("1-0", "5-0", 5))).effects).toEqual([{ kind: "reconnect" }]);
  });

  test("a heartbeat written while the read was on its way proves nothing", () => {
    expect(run(pinned, reading, beat, checked(info("1-0", "5-0", 5))).effects).toEqual([]);
  });

  test("a flush in between is a rewind, not deafness", () => {
    expect(run(pinned, beat, reading, checked(undefined)).effects).toEqual([rewind]);
    expect(run(pinned, beat, reading, checked(info("2-5", "3-0", 2))).effects).toEqual([rewind]);
  });

  test("no answer changes the connection, and not at every tick", () => {
    const step = run(pinned, reading, { kind: "tick", nowMs: SILENT_MS });
    expect(step.effects).toEqual([{ kind: "reconnect" }, { kind: "health", state: "stale" }]);
    expect(run(step.cursor, { kind: "tick", nowMs: SILENT_MS + 1_000 }).effects).toEqual([]);
  });

  test("a slow answer is an answer: 500 ms each way", () => {
    const step = run(pinned, reading, { kind: "tick", nowMs: BLOCK_MS + 1_000 });
    expect(step.effects).toEqual([]);
  });
});

describe("[L5] health", () => {
  const failed = (nowMs: number): CursorEvent => ({ kind: "failed", nowMs });

  test("a short failure is not told, a longer one is, once; the first checked answer ends it", () => {
    expect(run(pinned, failed(0), { kind: "tick", nowMs: STALE_MS - 1 }).effects).toEqual([]);
    const stale = run(pinned, failed(0), failed(500), { kind: "tick", nowMs: STALE_MS });
    expect(stale.effects).toEqual([{ kind: "health", state: "stale" }]);
    expect(run(stale.cursor, failed(1_500), { kind: "tick", nowMs: 9_000 }).effects).toEqual([]);
    expect(run(stale.cursor, connected(), checked(info("1-0", "5-0", 5))).effects).toEqual([live]);
  });

  test("a log that was never reached is told too", () => {
    const step = run(newCursor(undefined), failed(0), { kind: "tick", nowMs: STALE_MS });
    expect(step.effects).toEqual([{ kind: "health", state: "stale" }]);
  });
});
