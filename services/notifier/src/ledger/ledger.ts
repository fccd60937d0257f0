/**
 * What becomes of a durable event for one recipient: the state machine of SPEC.md, as a table. The Lua scripts that
 * change records get the same table as text (`lua.ts`), so there is one set of rules and no twin to keep equal.
 */

export const OPEN_STATES = ["pending", "handed", "attempting", "overtaken"] as const;
export const FINAL_STATES = ["acknowledged", "fallback", "suppressed", "dead"] as const;

export type OpenState = (typeof OPEN_STATES)[number];
export type FinalState = (typeof FINAL_STATES)[number];
export type LedgerState = OpenState | FinalState;

export type LedgerEvent =
  /** A device has it. */
  | "ack"
  /** Its time for the fallback has come; a job exists from now on. */
  | "due"
  /** A worker begins an attempt, or begins it again after it was lost. */
  | "claim"
  /** The channel took it. */
  | "sent"
  /** The attempt failed and another one follows. */
  | "failed"
  /** The channel says that this recipient is gone. */
  | "gone"
  /** No further attempt: too old, or no hope. */
  | "exhausted"
  /** Its ttl has passed. */
  | "expire"
  /** A newer event of its collapse key replaced it, unread. */
  | "collapse"
  /** The inbox was full and this was its oldest. */
  | "evict"
  /** The recipient does not want it, or not now. */
  | "preference";

type Row = Partial<Record<LedgerEvent, LedgerState>>;

/** What is not in the table changes nothing (L1, L6). */
export const TRANSITIONS: Record<OpenState, Row> = {
  pending: {
    ack: "acknowledged",
    due: "handed",
    expire: "dead",
    collapse: "suppressed",
    evict: "dead",
    preference: "suppressed",
  },
  handed: {
    ack: "acknowledged",
    claim: "attempting",
    exhausted: "dead",
    expire: "dead",
    collapse: "suppressed",
    evict: "dead",
    preference: "suppressed",
  },
  attempting: {
    ack: "overtaken",
    claim: "attempting",
    sent: "fallback",
    failed: "handed",
    gone: "suppressed",
    exhausted: "dead",
  },
  overtaken: {
    claim: "acknowledged",
    sent: "fallback",
    failed: "acknowledged",
    gone: "acknowledged",
    exhausted: "acknowledged",
  },
};

/** Why a record is in its final state; the event that brought it there says more. */
export const REASONS: Partial<Record<LedgerEvent, string>> = {
  gone: "gone",
  exhausted: "exhausted",
  expire: "ttl",
  collapse: "collapsed",
  evict: "inbox_full",
  preference: "preference",
};

export const isFinal = (state: LedgerState): state is FinalState => (FINAL_STATES as readonly string[]).includes(state);

export interface LedgerRecord {
  state: LedgerState;
  /** Place in the recipient's inbox; 0 when it never came there. */
  seq: number;
  /** Of the last change, ms since the epoch. */
  atMs: number;
  reason: string;
  /** Fallback attempts begun. */
  attempts: number;
}

export function reduce(record: LedgerRecord, event: LedgerEvent, nowMs: number): LedgerRecord {
  const next = isFinal(record.state) ? undefined : TRANSITIONS[record.state][event];
  if (next === undefined) return record;
  return {
    ...record,
    state: next,
    atMs: nowMs,
    reason: isFinal(next) ? reasonOf(next, event) : "",
    attempts: record.attempts + (event === "claim" && next === "attempting" ? 1 : 0),
  };
}

/** Only what was not delivered needs a reason. */
function reasonOf(state: FinalState, event: LedgerEvent): string {
  return state === "suppressed" || state === "dead" ? (REASONS[event] ?? event) : "";
}

/** `state|seq|at|reason|attempts`, as the scripts keep it. */
export function parseRecord(text: string): LedgerRecord {
  const [state = "", seq = "0", at = "0", reason = "", attempts = "0"] = text.split("|");
  return { state: state as LedgerState, seq: Number(seq), atMs: Number(at), reason, attempts: Number(attempts) };
}
