/** What is asked of the inbox store, and what it answers. */

import type { InboxOwner } from "@rollcall/contracts/internal";
import type { FinalState, LedgerRecord, LedgerState } from "../ledger/ledger.ts";

export interface Outcome {
  state: FinalState;
  reason: string;
}

export interface InboxItem {
  mid: string;
  event: string;
  dataJson: string;
  /** What `meta` and later readers need of the event, as JSON text: {@link EventInfo}. */
  infoJson: string;
  expiresAtMs: number;
  fallbackAfterMs?: number;
  collapseKey?: string;
  /** The recipient muted it: recorded, not delivered. */
  muted: boolean;
  /** `reread`: it is read again after a rewind, so that the source counts as current when that is done. */
  source?: { name: string; sequence: number; reread: boolean };
}

/** Kept with the event as JSON. */
export interface EventInfo {
  ts: string;
  /** CloudEvent id and source, when it came over a stream. */
  id?: string;
  source?: string;
  /** Of the span that brought it to the inbox, sampled or not; clients see it through `clientTrace` only. */
  traceparent?: string;
}

export interface Accepted {
  isNew: boolean;
  state: LedgerState;
  epoch: string;
  seq: number;
  unread: number;
  ackSeq: number;
  /** Unread items that are there no more: collapsed, expired, or the oldest of a full inbox. */
  madeWay: string[];
  /** Of this and of other records that it ended. */
  outcomes: Outcome[];
}

export interface Marked {
  epoch: string;
  ackSeq: number;
  unread: number;
  changed: boolean;
  outcomes: Outcome[];
}

export interface StoredItem {
  mid: string;
  seq: number;
  read: boolean;
  event: string;
  dataJson: string;
  info: EventInfo;
}

export interface Page {
  epoch: string;
  seq: number;
  unread: number;
  more: boolean;
  /** In the order of reading. */
  items: StoredItem[];
}

export interface Turned {
  state: LedgerState;
  /** This call made it final. */
  becameFinal: boolean;
  reason: string;
  attempts: number;
  event: string;
  dataJson: string;
  info: EventInfo;
  /** Undefined: it is not in the inbox any more. */
  expiresAtMs: number | undefined;
  /** Redis' time. */
  nowMs: number;
  /** When the record changed last, Redis' time. */
  changedAtMs: number;
  /** Its place in the inbox. */
  seq: number;
}

export interface EventRecord {
  event: string;
  info: EventInfo;
  recipients: ({ user: string } & LedgerRecord)[];
}

export type Mark =
  | { op: "ack"; epoch: string; seq: number }
  | { op: "readUpTo"; seq: number }
  | { op: "read" | "unread"; mids: readonly string[] };
export type PageQuery = { mode: "after" | "before"; seq: number; limit: number } | { mode: "newest"; limit: number };
export interface Timer extends InboxOwner {
  mid: string;
}
