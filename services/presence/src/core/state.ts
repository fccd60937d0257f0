/** A room's shared keys (T1-T3). Values are JSON texts. */

import type { ErrorCode } from "@rollcall/contracts";
import type { RuledOp } from "@rollcall/contracts/internal";

export interface StateEntry {
  readonly value: string;
  readonly version: number;
  readonly by: string | undefined;
  /** On the cell's clock. */
  readonly deadlineMs: number | undefined;
  readonly expiresAtMs: number | undefined;
  readonly bound: { readonly user: string; readonly session: string } | undefined;
}

export interface RoomState {
  readonly version: number;
  readonly entries: ReadonlyMap<string, StateEntry>;
  /** Deleted keys: when, and at which version. */
  readonly tombstones: ReadonlyMap<string, { atMs: number; version: number }>;
  /** T2: no delta from below. */
  readonly floor: number;
}

export const EMPTY_STATE: RoomState = { version: 0, entries: new Map(), tombstones: new Map(), floor: 0 };

export const STATE_LIMITS = { valueBytes: 8 * 1024, keys: 256, bytes: 256 * 1024, tombstoneMs: 600_000 } as const;

export interface StateChange {
  from: number;
  to: number;
  set: [key: string, entry: StateEntry][];
  deleted: string[];
}

export interface Writer {
  /** Undefined: a backend. */
  user: string | undefined;
  session: string | undefined;
  observer: boolean;
}

export interface Refusal {
  code: ErrorCode;
  message?: string;
  details?: Record<string, unknown>;
}

export type PatchStep = { ok: true; state: RoomState; change: StateChange | undefined } | { ok: false; error: Refusal };

type Draft = Map<string, StateEntry | undefined>;

const bytesOf = (entries: Iterable<readonly [string, StateEntry]>): number => {
  let bytes = 0;
  for (const [key, { value }] of entries) bytes += Buffer.byteLength(key) + Buffer.byteLength(value);
  return bytes;
};

/** T1: whole or not at all. */
export function patch(
  state: RoomState,
  ops: readonly RuledOp[],
  by: Writer,
  now: { clockMs: number; wallMs: number },
): PatchStep {
  const draft: Draft = new Map();
  const version = state.version + 1;
  for (const [i, op] of ops.entries()) {
    const entry = draft.has(op.key) ? draft.get(op.key) : state.entries.get(op.key);
    const refused = (code: ErrorCode, more: object = {}): PatchStep => ({
      ok: false,
      error: { code, details: { op: i, ...more } },
    });
    const conflict = () => refused("CONFLICT", { version: entry?.version ?? 0 });
    const bind = op.op !== "delete" && op.bind === "session";
    if (op.op !== "increment" && op.if !== undefined) {
      const holds = "absent" in op.if ? entry === undefined : entry?.version === op.if.version;
      if (!holds) return conflict();
    }
    if (entry?.bound !== undefined && by.user !== undefined && entry.bound.user !== by.user)
      return refused("FORBIDDEN");
    if (bind && (by.user === undefined || by.observer)) return refused("FORBIDDEN");
    const bound = bind ? { user: by.user!, session: by.session! } : undefined;
    switch (op.op) {
      case "set": {
        const value = JSON.stringify(op.value);
        if (Buffer.byteLength(value) > STATE_LIMITS.valueBytes) return refused("LIMIT_EXCEEDED");
        draft.set(op.key, {
          value,
          version,
          by: by.user,
          deadlineMs: op.ttlMs === undefined ? undefined : now.clockMs + op.ttlMs,
          expiresAtMs: op.ttlMs === undefined ? undefined : now.wallMs + op.ttlMs,
          bound,
        });
        break;
      }
      case "delete":
        if (entry !== undefined) draft.set(op.key, undefined);
        break;
      case "increment": {
        const sum = add(entry?.value ?? "0", op.by);
        if (sum === undefined || sum < (op.least ?? -Infinity) || sum > (op.most ?? Infinity)) return conflict();
        const kept = entry ?? { deadlineMs: undefined, expiresAtMs: undefined, bound: undefined };
        draft.set(op.key, { ...kept, value: String(sum), version, by: by.user, bound: bound ?? kept.bound });
      }
    }
  }
  const step = commit(state, draft, now.clockMs);
  const { entries } = step.state;
  if (entries.size > STATE_LIMITS.keys) return { ok: false, error: { code: "LIMIT_EXCEEDED" } };
  const bytes = bytesOf(entries);
  if (bytes > STATE_LIMITS.bytes && bytes > bytesOf(state.entries))
    return { ok: false, error: { code: "LIMIT_EXCEEDED" } };
  return { ok: true, ...step };
}

function add(value: string, by: number): number | undefined {
  if (!/^-?\d+$/.test(value)) return undefined;
  const [before, sum] = [Number(value), Number(value) + by];
  return Number.isSafeInteger(before) && Number.isSafeInteger(sum) ? sum : undefined;
}

/** Deletes the keys that `gone` says, in one change. */
export function removeKeys(state: RoomState, gone: (entry: StateEntry) => boolean, clockMs: number) {
  const draft: Draft = new Map();
  for (const [key, entry] of state.entries) if (gone(entry)) draft.set(key, undefined);
  return commit(state, draft, clockMs);
}

function commit(
  state: RoomState,
  draft: Draft,
  clockMs: number,
): { state: RoomState; change: StateChange | undefined } {
  const set: StateChange["set"] = [];
  const deleted: string[] = [];
  const entries = new Map(state.entries);
  const tombstones = new Map(state.tombstones);
  const version = state.version + 1;
  for (const [key, entry] of draft) {
    if (entry !== undefined) {
      set.push([key, entry]);
      entries.set(key, entry);
      tombstones.delete(key);
    } else if (entries.delete(key)) {
      deleted.push(key);
      tombstones.set(key, { atMs: clockMs, version });
    }
  }
  if (set.length + deleted.length === 0) return { state, change: undefined };
  let { floor } = state;
  const forgotten = [...tombstones]
    .filter(([, { atMs }]) => atMs <= clockMs - STATE_LIMITS.tombstoneMs)
    .toSorted(([a, { atMs: x }], [b, { atMs: y }]) => x - y || (a < b ? -1 : 1))
    .slice(0, 16);
  for (const [key, tombstone] of forgotten) {
    floor = Math.max(floor, tombstone.version);
    tombstones.delete(key);
  }
  return { state: { version, entries, tombstones, floor }, change: { from: state.version, to: version, set, deleted } };
}

/** What changed after `have`; undefined when that is not covered (T2). */
export function since(state: RoomState, have: number): { set: string[]; deleted: string[] } | undefined {
  if (have < state.floor || have > state.version) return undefined;
  const after = (map: ReadonlyMap<string, { version: number }>) =>
    [...map]
      .filter(([, { version }]) => version > have)
      .toSorted(([a, { version: x }], [b, { version: y }]) => x - y || (a < b ? -1 : 1))
      .map(([key]) => key);
  return { set: after(state.entries), deleted: after(state.tombstones) };
}
