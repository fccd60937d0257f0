/**
 * Where a reader stands in a log, and what each answer of Redis means for it. Pure: `reduce(cursor, event)` gives the
 * next cursor and what to do, in order. The shell (`source.ts`) owns connections, timers and handlers.
 *
 * Two kinds of read. A *tail* read blocks and costs one command. A *checked* read does not block and brings, in the
 * same transaction, what `XINFO STREAM` says; only it can prove that nothing was lost, so it is used whenever
 * something could have been.
 *
 * L1 each entry is handed out at most once, in the log's order.
 * L2 what was trimmed before it was read is told as a gap, once, before what follows it.
 * L3 a log that began anew or went back is told as a rewind, once; reading goes on with what is new in it. It is known by
 *    its last id and by how many entries it ever had. One that agrees in both cannot be told apart: it would have to be made
 *    anew within the millisecond last read, and have as many entries by then. With heartbeats in it no log stays that short.
 * L4 a reader that does not hear its own heartbeat, or gets no answer, changes its connection; it never waits for ever.
 * L5 `stale` is said when the log could not be read for a while, `live` as soon as it can be again.
 */

import { compareIds, ZERO_ID } from "./stream-id.ts";

/** How long a tail read blocks. Bounds how late a rewind is noticed. */
export const BLOCK_MS = 1_000;
/** Entries per read: fewer would cap an edge by the network's round trip. */
export const READ_COUNT = 500;
/** A reader that was away this long may have missed a trim, unless more than `maxLen` entries cannot come meanwhile. */
export const PAUSE_MS = 1_000;
/** Failing this long is `stale`. */
export const STALE_MS = 1_000;
/** No answer for this long is a dead connection: the block plus a round trip of a very slow network. */
export const SILENT_MS = 4_000;

export interface RawEntry {
  id: string;
  fields: readonly string[];
}

/** From `XINFO STREAM`; undefined in its place: there is no such stream. */
export interface StreamInfo {
  firstId: string;
  lastId: string;
  /** Entries now in it. */
  length: number;
  /** Entries ever added. */
  added: number;
}

export interface Cursor {
  /** Undefined until pinned. */
  readonly position: string | undefined;
  /** How many entries the log ever had up to `position`, when that is known. */
  readonly index: number | undefined;
  readonly runId: string | undefined;
  /** The connection reached another run of Redis since the last checked read. */
  readonly otherRun: boolean;
  /** The next read must be a checked one. */
  readonly suspect: boolean;
  /** Newest own heartbeat that Redis took, until it is read. */
  readonly beat: string | undefined;
  /** `beat` when the read in flight began: what its answer must know of. */
  readonly expected: string | undefined;
  readonly health: "unknown" | "live" | "stale";
  readonly waitingSinceMs: number | undefined;
  readonly failingSinceMs: number | undefined;
  readonly answeredAtMs: number;
}

export type CursorEvent =
  | { kind: "connected"; runId: string | undefined }
  | { kind: "reading"; nowMs: number }
  /** A tail read; empty when nothing came. */
  | { kind: "tail"; entries: readonly RawEntry[]; nowMs: number }
  | { kind: "checked"; entries: readonly RawEntry[]; info: StreamInfo | undefined; nowMs: number }
  | { kind: "failed"; nowMs: number }
  /** Redis took our heartbeat as `id`. */
  | { kind: "beat"; id: string }
  /** Our heartbeat came back. */
  | { kind: "heard"; id: string }
  | { kind: "tick"; nowMs: number };

export type CursorEffect =
  | { kind: "deliver"; entries: readonly RawEntry[] }
  | { kind: "gap"; after: string; before: string }
  | { kind: "rewind" }
  | { kind: "health"; state: "live" | "stale" }
  | { kind: "reconnect" };

export interface Step {
  cursor: Cursor;
  effects: readonly CursorEffect[];
}

/** `from` undefined: pin to the newest entry of the first checked read. */
export function newCursor(from: string | undefined): Cursor {
  return {
    position: from,
    index: undefined,
    runId: undefined,
    otherRun: false,
    suspect: true,
    beat: undefined,
    expected: undefined,
    health: "unknown",
    waitingSinceMs: undefined,
    failingSinceMs: undefined,
    answeredAtMs: 0,
  };
}

/** Which read comes next. */
export function nextRead(cursor: Cursor, nowMs: number): "checked" | "tail" {
  const wasAway = nowMs - cursor.answeredAtMs > PAUSE_MS;
  return cursor.position === undefined || cursor.suspect || wasAway ? "checked" : "tail";
}

const NOTHING: readonly CursorEffect[] = [];

export function reduce(cursor: Cursor, event: CursorEvent): Step {
  switch (event.kind) {
    case "connected": {
      const otherRun = cursor.runId !== undefined && event.runId !== cursor.runId;
      return {
        cursor: { ...cursor, runId: event.runId, otherRun: cursor.otherRun || otherRun, suspect: true },
        effects: NOTHING,
      };
    }
    case "reading":
      return { cursor: { ...cursor, waitingSinceMs: event.nowMs, expected: cursor.beat }, effects: NOTHING };
    case "tail":
      return onTail(cursor, event.entries, event.nowMs);
    case "checked":
      return onChecked(cursor, event.entries, event.info, event.nowMs);
    case "failed":
      return {
        cursor: {
          ...cursor,
          waitingSinceMs: undefined,
          failingSinceMs: cursor.failingSinceMs ?? event.nowMs,
          suspect: true,
        },
        effects: NOTHING,
      };
    case "beat": {
      // An id at or below ours: the log went back. We would never read it, nor anything else.
      const behind = cursor.position !== undefined && compareIds(event.id, cursor.position) <= 0;
      return { cursor: { ...cursor, beat: event.id, suspect: cursor.suspect || behind }, effects: NOTHING };
    }
    case "heard":
      // Once per own heartbeat the log is checked, so that one made anew is noticed even if nothing else shows it.
      return {
        cursor: { ...cursor, beat: cursor.beat === event.id ? undefined : cursor.beat, suspect: true },
        effects: NOTHING,
      };
    case "tick":
      return onTick(cursor, event.nowMs);
  }
}

function answered(cursor: Cursor, nowMs: number): Cursor {
  return { ...cursor, waitingSinceMs: undefined, failingSinceMs: undefined, answeredAtMs: nowMs };
}

function onTail(cursor: Cursor, entries: readonly RawEntry[], nowMs: number): Step {
  // Answered long ago, received now: we were paused in between.
  const late = cursor.waitingSinceMs !== undefined && nowMs - cursor.waitingSinceMs > BLOCK_MS + PAUSE_MS;
  const suspect = late || entries.length === 0 || entries.length >= READ_COUNT;
  const moved = advance(answered(cursor, nowMs), entries);
  return { cursor: { ...moved.cursor, suspect: suspect || cursor.suspect }, effects: moved.effects };
}

function advance(cursor: Cursor, entries: readonly RawEntry[]): Step {
  const last = entries.at(-1);
  if (last === undefined) return { cursor, effects: NOTHING };
  const index = cursor.index === undefined ? undefined : cursor.index + entries.length;
  return { cursor: { ...cursor, position: last.id, index }, effects: [{ kind: "deliver", entries }] };
}

function onChecked(before: Cursor, entries: readonly RawEntry[], info: StreamInfo | undefined, nowMs: number): Step {
  const found = judge(before, entries, info);
  const full = entries.length >= READ_COUNT;
  const isAtEnd = !full && !found.again;
  const cursor: Cursor = {
    ...answered(found.cursor, nowMs),
    // Read to the end in one transaction: exactly so many entries lie up to here.
    index: isAtEnd ? (info?.added ?? 0) : found.cursor.index,
    otherRun: false,
    suspect: !isAtEnd,
  };
  if (isDeaf(cursor, info)) {
    return {
      cursor: { ...cursor, beat: undefined, suspect: true },
      effects: [...found.effects, { kind: "reconnect" }],
    };
  }
  if (cursor.health === "live") return { cursor, effects: found.effects };
  return {
    cursor: { ...cursor, health: "live" },
    effects: [{ kind: "health", state: "live" }, ...found.effects],
  };
}

/** Redis took our heartbeat on one connection and does not have it on this one: another, or a lagging, server. */
function isDeaf(cursor: Cursor, info: StreamInfo | undefined): boolean {
  const { beat, expected } = cursor;
  // A rewind clears `beat`: what it replaced is not expected any more.
  return beat !== undefined && expected !== undefined && info !== undefined && compareIds(info.lastId, expected) < 0;
}

/** Pins, or tells whether something was lost, and takes the entries. `again`: read once more from the new position. */
function judge(cursor: Cursor, entries: readonly RawEntry[], info: StreamInfo | undefined): Step & { again: boolean } {
  const { position } = cursor;
  if (position === undefined) {
    return { cursor: { ...cursor, position: info?.lastId ?? ZERO_ID }, effects: NOTHING, again: false };
  }
  if (info === undefined) {
    const effects: CursorEffect[] = position === ZERO_ID && !cursor.otherRun ? [] : [{ kind: "rewind" }];
    return { cursor: { ...cursor, position: ZERO_ID, beat: undefined }, effects, again: false };
  }
  if (compareIds(info.lastId, position) < 0) {
    // Another run of Redis has an older copy of the log: what is in it was handed out before, all but what came in the
    // last moments. The same run cannot go back: the log was made anew, with an older clock.
    const start = cursor.otherRun ? { position: info.lastId, index: info.added } : { position: ZERO_ID, index: 0 };
    const rewound = { ...cursor, ...start, beat: undefined };
    return { cursor: rewound, effects: [{ kind: "rewind" }], again: !cursor.otherRun };
  }
  // Fewer were ever added than we know of: the log was lost, and has grown past our position again.
  const isAnother = cursor.index !== undefined && info.added < cursor.index + entries.length;
  if (cursor.otherRun || isAnother) {
    const moved = advance({ ...cursor, index: undefined }, entries);
    return { cursor: moved.cursor, effects: [{ kind: "rewind" }, ...moved.effects], again: false };
  }
  const moved = advance(cursor, entries);
  const trimmed = info.added - info.length;
  const oldest = info.length === 0 ? info.lastId : info.firstId;
  const isLost = compareIds(oldest, position) > 0 && trimmed > (cursor.index ?? 0);
  const gap: CursorEffect[] = isLost ? [{ kind: "gap", after: position, before: oldest }] : [];
  return { cursor: moved.cursor, effects: [...gap, ...moved.effects], again: false };
}

function onTick(cursor: Cursor, nowMs: number): Step {
  const { waitingSinceMs, failingSinceMs, health } = cursor;
  const silent = waitingSinceMs !== undefined && nowMs - waitingSinceMs >= SILENT_MS;
  const failing = failingSinceMs !== undefined && nowMs - failingSinceMs >= STALE_MS;
  if (!silent && !failing) return { cursor, effects: NOTHING };
  const effects: CursorEffect[] = [];
  if (silent) effects.push({ kind: "reconnect" });
  if (health !== "stale") effects.push({ kind: "health", state: "stale" });
  return { cursor: { ...cursor, health: "stale", waitingSinceMs: silent ? nowMs : waitingSinceMs }, effects };
}
