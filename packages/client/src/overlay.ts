/** Optimistic state: what the server confirmed, with the patches it has not answered yet on top. Pure; rules O1-O4. */

import type { RoomView } from "./fold.ts";
import type { Entry, StateOp } from "./wire.ts";

/** `pending`: written here, not confirmed yet; it may be rolled back. */
export type StateEntry = Entry & { readonly pending?: true };
export type Entries = ReadonlyMap<string, StateEntry>;

export interface PendingPatch {
  readonly ops: readonly StateOp[];
  /** Answered: shown until the diff that carries it is folded, so that nothing flickers (O2). */
  readonly ack?: { readonly epoch: string; readonly version: number };
}

/** O1: the ops of each patch in order, each on what the ones before it left. `by` is this client's user. */
export function overlay(confirmed: ReadonlyMap<string, Entry>, patches: readonly PendingPatch[], by: string): Entries {
  if (patches.length === 0) return confirmed;
  const entries = new Map<string, StateEntry>(confirmed);
  for (const op of patches.flatMap((patch) => patch.ops)) {
    const { key } = op;
    const before = entries.get(key);
    if (op.op === "delete") {
      entries.delete(key);
      continue;
    }
    const value = op.op === "set" ? op.value : Number(before?.value ?? 0) + op.by;
    entries.set(key, { key, value, version: before?.version ?? 0, by, pending: true });
  }
  return entries;
}

/** O2: the patches that `view` does not contain yet. The same array when all remain. */
export function unsettled<T extends PendingPatch>(patches: readonly T[], view: RoomView): readonly T[] {
  const rest = patches.filter(({ ack }) => !ack || (ack.epoch === view.epoch && ack.version > view.state.version));
  return rest.length === patches.length ? patches : rest;
}
