/**
 * Every Redis key of a cell, and the only place that spells one. All keys of a cell share the hash tag
 * `{<install>:<cell>}`, so that one script may touch any of them. Parts are percent-encoded: `:` and `{` cannot
 * come from an id, so none can reach into the next part or into another tenant.
 */

import { encodeSubjectToken } from "@rollcall/contracts";
import type { SessionRef } from "@rollcall/contracts/internal";

const part = encodeSubjectToken;

/** The keys of one cell of one installation. `install` and `cell` are configuration, never input. */
export function keysOf(install: string, cell: string) {
  const prefix = `{${install}:${cell}}:`;
  return {
    prefix,
    /** Hash: `lowest` and `highest` layout that records of this cell may have. */
    layout: () => `${prefix}layout`,
    /** Stream: the fan-out log of one partition. */
    log: (partition: number) => `${prefix}log:${partition}`,
    /** Stream: what the relay still has to bring to JetStream. */
    outbox: () => `${prefix}outbox`,
    /** Hash: epoch, run id, brake. */
    epoch: () => `${prefix}epoch`,
    /** Counter of births: the second half of every epoch on the wire. */
    births: () => `${prefix}births`,
    /** Sorted set: edges by the end of their lease. */
    leases: () => `${prefix}leases`,
    /** Sorted set: sessions that ended and are still in rosters. */
    ending: () => `${prefix}ending`,
    edge: (edge: string) => `${prefix}edge:${part(edge)}`,
    session: (ref: SessionRef) =>
      `${prefix}s:${part(ref.tenant)}:${part(ref.namespace)}:${part(ref.user)}:${part(ref.session)}`,
    user: (tenant: string, user: string) => `${prefix}u:${part(tenant)}:${part(user)}`,
    /** `of` names the part of the room's record, for example `roster`. */
    room: (tenant: string, namespace: string, room: string, of: string) =>
      `${prefix}r:${part(tenant)}:${part(namespace)}:${part(room)}:${part(of)}`,
  };
}

export type CellKeys = ReturnType<typeof keysOf>;
