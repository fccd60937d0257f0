/** Every key of inboxes and ledger in the durable Redis. One hash tag per cell, parts percent-encoded. */

import { encodeSubjectToken } from "@rollcall/contracts";
import type { InboxOwner } from "@rollcall/contracts/internal";
import { keysOf } from "@rollcall/fanout";

const part = encodeSubjectToken;

export function inboxKeysOf(install: string, cell: string) {
  const { prefix } = keysOf(install, cell);
  const ofOwner = ({ tenant, namespace, user }: InboxOwner, of: string) =>
    `${prefix}inbox:${part(tenant)}:${part(namespace)}:${part(user)}:${of}`;
  return {
    prefix,
    /** Hash: `run`, `epoch`, and per source the epoch it was re-read for. */
    epoch: () => `${prefix}inbox-epoch`,
    /** Counter: second half of every inbox epoch. */
    births: () => `${prefix}inbox-births`,
    /** Sorted set of `<tenant> <namespace> <user> <mid>` by when something must be done about it, ms. */
    due: () => `${prefix}inbox-due`,
    /** Sorted set of event keys by their sequence in the source: those with a recipient that is not final. */
    openPrefix: () => `${prefix}inbox-open:`,
    open: (source: string) => `${prefix}inbox-open:${source}`,
    /** Hash: the event once, and a record per recipient (`u:<user>`). */
    event: (tenant: string, namespace: string, mid: string) =>
      `${prefix}event:${part(tenant)}:${part(namespace)}:${part(mid)}`,
    /** Set of mids whose publisher gave them this id. */
    origin: (tenant: string, id: string) => `${prefix}origin:${part(tenant)}:${part(id)}`,
    /** Hash: `birth`, `seq`, `ack`. */
    head: (owner: InboxOwner) => ofOwner(owner, "head"),
    /** Sorted set of mids by seq. */
    items: (owner: InboxOwner) => ofOwner(owner, "items"),
    /** Sorted set of mids by seq: those not read. */
    unread: (owner: InboxOwner) => ofOwner(owner, "unread"),
    /** Sorted set of mids by the end of their ttl. */
    expiry: (owner: InboxOwner) => ofOwner(owner, "expiry"),
    /** Hash: collapse key to the mid that holds it. */
    collapse: (owner: InboxOwner) => ofOwner(owner, "collapse"),
    /** Sorted set of mids by when their fallback came due: those of one event that wait to go out as one notice. */
    gathering: (owner: InboxOwner, event: string) => ofOwner(owner, `gathering:${part(event)}`),
    /** String: JSON of a user's preferences. */
    preference: (tenant: string, user: string) => `${prefix}preference:${part(tenant)}:${part(user)}`,
  };
}

export type InboxKeys = ReturnType<typeof inboxKeysOf>;

/** The keys that every script on one inbox takes first, in this order. */
export function scriptKeys(keys: InboxKeys, owner: InboxOwner): string[] {
  return [
    keys.epoch(),
    keys.births(),
    keys.due(),
    keys.head(owner),
    keys.items(owner),
    keys.unread(owner),
    keys.expiry(owner),
    keys.collapse(owner),
  ];
}
