/** A room's state as an app uses it: read at once, write optimistically, taken back when the server says no. */

import { RollcallError } from "./errors.ts";
import type { RoomView } from "./fold.ts";
import { type Entries, overlay, type PendingPatch, type StateEntry, unsettled } from "./overlay.ts";
import { cell, type Readable, type Report } from "./readable.ts";
import type { RequestOptions } from "./requests.ts";
import type { Condition, StateOp } from "./wire.ts";

export interface WriteOptions extends RequestOptions {
  /** Otherwise `CONFLICT`, and nothing is changed. See `unchanged`. */
  if?: Condition | undefined;
}

export interface SetOptions extends WriteOptions {
  ttlMs?: number | undefined;
  /** The key goes when this session is gone or leaves the room. */
  bind?: "session" | undefined;
}

export interface Patched {
  epoch: string;
  version: number;
}

export interface RoomState {
  get<T = unknown>(key: string): T | undefined;
  entry(key: string): StateEntry | undefined;
  /** Every key, this client's unconfirmed writes included (`pending: true`). */
  readonly entries: Readable<Entries>;
  subscribe(listener: () => void): () => void;
  /** Shown at once; taken back when the promise rejects. */
  set(key: string, value: unknown, options?: SetOptions): Promise<Patched>;
  delete(key: string, options?: WriteOptions): Promise<Patched>;
  increment(key: string, by?: number, options?: RequestOptions): Promise<Patched>;
  /** All or nothing: 1 to 64 operations. */
  patch(ops: readonly StateOp[], options?: RequestOptions): Promise<Patched>;
}

/**
 * The condition that nobody wrote the key since `entry` was read: `set(key, value, { if: unchanged(entry) })`. Wait for
 * your own write before you build on it: an entry that is `pending` has no version of its own yet.
 */
export const unchanged = (entry: StateEntry | undefined): Condition =>
  entry ? { version: entry.version } : { absent: true };

export interface StateShell {
  readonly state: RoomState;
  /** The confirmed view changed; without one, the room was left and nothing is shown. */
  show(view: RoomView | undefined): void;
}

interface Patch extends PendingPatch {
  ack?: Patched;
}

export const MAX_PATCHES = 64;
const NOTHING: Entries = new Map();

export function createRoomState(
  report: Report,
  /** This client's user id. */
  user: () => string,
  send: (ops: readonly StateOp[], options: RequestOptions | undefined) => Promise<Patched>,
): StateShell {
  let view: RoomView | undefined;
  let patches: readonly Patch[] = [];
  const entries = cell(NOTHING, report);

  function refresh(next: readonly Patch[]): void {
    patches = view ? unsettled(next, view) : next;
    entries.set(overlay(view?.state.items ?? NOTHING, patches, user()));
  }

  async function patch(ops: readonly StateOp[], options?: RequestOptions): Promise<Patched> {
    if (patches.length >= MAX_PATCHES) throw new RollcallError({ code: "LIMIT_EXCEEDED" });
    const own: Patch = { ops };
    refresh([...patches, own]);
    try {
      own.ack = await send(ops, options);
      refresh(patches);
      return own.ack;
    } catch (error) {
      refresh(patches.filter((other) => other !== own)); // O3
      throw error;
    }
  }

  return {
    state: {
      get: <T>(key: string) => entries.get().get(key)?.value as T | undefined,
      entry: (key) => entries.get().get(key),
      entries,
      subscribe: entries.subscribe,
      patch,
      set: (key, value, { if: condition, ttlMs, bind, ...request } = {}) =>
        patch([{ op: "set", key, value, if: condition, ttlMs, bind }], request),
      delete: (key, { if: condition, ...request } = {}) => patch([{ op: "delete", key, if: condition }], request),
      increment: (key, by = 1, request) => patch([{ op: "increment", key, by }], request),
    },
    show(next) {
      view = next;
      refresh(view ? patches : []);
    },
  };
}
