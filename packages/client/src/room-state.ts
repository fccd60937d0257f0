/** A room's state as an app uses it: read at once, write optimistically, roll back when the server says no. */

import type { Clock } from "./clock.ts";
import { closed, RollcallError } from "./errors.ts";
import type { RoomView } from "./fold.ts";
import { type Entries, overlay, type PendingPatch, type StateEntry, unsettled } from "./overlay.ts";
import { cell, type Readable, type Report } from "./readable.ts";
import type { RequestOptions } from "./requests.ts";
import type { Condition, Entry, StateOp } from "./wire.ts";

/** `unchanged`: only if nobody else wrote the key since this client read it; its own earlier patches do not count. */
export type PatchCondition = Condition | "unchanged";

export type PatchOp =
  | { op: "set"; key: string; value: unknown; ttlMs?: number; bind?: "session"; if?: PatchCondition }
  | { op: "delete"; key: string; if?: PatchCondition }
  | { op: "increment"; key: string; by: number };

export interface WriteOptions extends RequestOptions {
  if?: PatchCondition;
}

export interface SetOptions extends WriteOptions {
  ttlMs?: number;
  /** The key goes when this session is gone or leaves the room. */
  bind?: "session";
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
  /** Shown at once. Rejects, and is taken back, when the server refuses it: `CONFLICT` for a failed `if`. */
  set(key: string, value: unknown, options?: SetOptions): Promise<Patched>;
  delete(key: string, options?: WriteOptions): Promise<Patched>;
  increment(key: string, by?: number, options?: RequestOptions): Promise<Patched>;
  /** All or nothing: 1 to 64 operations. */
  patch(ops: readonly PatchOp[], options?: RequestOptions): Promise<Patched>;
}

export interface StateShell {
  readonly state: RoomState;
  /** The confirmed view changed. */
  show(view: RoomView): void;
  /** The room was left: nothing is shown, and what is unanswered fails. */
  clear(): void;
}

interface Patch extends PendingPatch {
  readonly asked: readonly PatchOp[];
  readonly done: Promise<Patched>;
  ack?: Patched;
}

export const MAX_PATCHES = 64;
const NOTHING: ReadonlyMap<string, Entry> = new Map();

const isCareful = (op: PatchOp) => "if" in op && op.if === "unchanged";

export function createRoomState(options: {
  clock: Clock;
  report: Report;
  /** This client's user id. */
  user: () => string;
  send: (ops: readonly StateOp[], options: RequestOptions) => Promise<Patched>;
}): StateShell {
  let view: RoomView | undefined;
  let patches: readonly Patch[] = [];
  /** Ends what waits for an earlier patch when the room is left. */
  let life = new AbortController();
  const entries = cell<Entries>(NOTHING, options.report);
  const confirmed = () => view?.state.entries ?? NOTHING;

  function refresh(next = patches): void {
    patches = view ? unsettled(next, view) : next;
    entries.set(overlay(confirmed(), patches, options.user()));
  }

  /** O3: the newest own patch that writes `key` and is not confirmed: what "unchanged" must be measured from. */
  const before = (key: string) => patches.findLast((patch) => patch.asked.some((op) => op.key === key));

  /** O3: `unchanged` as the condition the server knows. Waits for the own patch it builds on; fails as that fails. */
  async function resolve(op: PatchOp): Promise<StateOp> {
    if (!isCareful(op)) return op as StateOp;
    let version = confirmed().get(op.key)?.version;
    const base = before(op.key);
    if (base) {
      const deleted = base.asked.findLast(({ key }) => key === op.key)?.op === "delete";
      const done = await base.done;
      version = deleted ? undefined : done.version;
    }
    return { ...op, if: version === undefined ? { absent: true } : { version } } as StateOp;
  }

  async function run(asked: readonly PatchOp[], request: RequestOptions, signal: AbortSignal): Promise<Patched> {
    // What needs no look is sent before this returns, so that plain writes keep the order of the calls.
    const ops = asked.some(isCareful) ? await Promise.all(asked.map(resolve)) : (asked as readonly StateOp[]);
    if (signal.aborted) throw signal.reason;
    return options.send(ops, { ...request, id: request.id ?? options.clock.id() });
  }

  async function patch(asked: readonly PatchOp[], request: RequestOptions = {}): Promise<Patched> {
    if (patches.length >= MAX_PATCHES) {
      throw new RollcallError({ code: "LIMIT_EXCEEDED", message: "too many patches without an answer" });
    }
    const done = run(asked, request, life.signal);
    const own: Patch = { asked, ops: asked as readonly StateOp[], done };
    refresh([...patches, own]);
    try {
      own.ack = await done;
      refresh();
      return own.ack;
    } catch (error) {
      refresh(patches.filter((other) => other !== own)); // O4
      throw error;
    }
  }

  const state: RoomState = {
    get: <T>(key: string) => entries.get().get(key)?.value as T | undefined,
    entry: (key) => entries.get().get(key),
    entries,
    subscribe: entries.subscribe,
    patch,
    set(key, value, { if: condition, ttlMs, bind, ...request } = {}) {
      const op: PatchOp = { op: "set", key, value };
      return patch(
        [{ ...op, ...(condition && { if: condition }), ...(ttlMs && { ttlMs }), ...(bind && { bind }) }],
        request,
      );
    },
    delete: (key, { if: condition, ...request } = {}) =>
      patch([{ op: "delete", key, ...(condition && { if: condition }) }], request),
    increment: (key, by = 1, request) => patch([{ op: "increment", key, by }], request),
  };

  return {
    state,
    show(next) {
      view = next;
      refresh();
    },
    clear() {
      view = undefined;
      life.abort(closed("room"));
      life = new AbortController();
      refresh([]);
    },
  };
}
