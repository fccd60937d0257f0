/** What a device knows of the user's inbox, and how messages change it. Pure; rules I1-I4 of `SPEC.md`. */

import type { EventTriple, InboxPage, InboxState } from "./wire.ts";

export interface InboxView {
  readonly epoch: string;
  /** Everything up to here was handed to this device. */
  readonly seq: number;
  /** Some device has everything up to here. */
  readonly ackSeq: number;
  readonly unread: number;
  /** The newest `INBOX_KEPT` at most, ascending. */
  readonly events: readonly EventTriple[];
}

export const INBOX_KEPT = 200;

const numberOf = ([, , { inbox }]: EventTriple) => inbox?.seq ?? 0;

/** I1: the next event in turn. The same view when it is known; `"gap"` when something before it is missing. */
export function foldEvent(view: InboxView, event: EventTriple): InboxView | "gap" {
  const { inbox } = event[2];
  if (!inbox || inbox.epoch !== view.epoch || inbox.seq > view.seq + 1) return "gap";
  return inbox.seq <= view.seq ? view : append(view, event);
}

const append = (view: InboxView, event: EventTriple): InboxView => ({
  ...view,
  seq: numberOf(event),
  events: [...view.events, event].slice(-INBOX_KEPT),
});

/**
 * I2: where this device begins in an inbox it did not know, from its newest page: behind what some device of the user
 * acknowledged, which is only shown. What comes after it continues this view, and is asked for as such.
 */
export function openView({ epoch, seq, unread, events }: InboxPage, ackSeq: number): InboxView {
  const own = Math.min(seq, ackSeq);
  const shown = events.filter((event) => numberOf(event) <= own);
  return { epoch, unread, seq: own, ackSeq, events: shown.slice(-INBOX_KEPT) };
}

/** I2: folds an answer to `inbox:sync` that continues `view`. What is new is `fresh`, in order, for the app's handlers. */
export function foldPage(view: InboxView, page: InboxPage): { view: InboxView; fresh: EventTriple[] } {
  // Numbers may be missing: what a newer event replaced is not sent again.
  const fresh = page.events.filter((event) => numberOf(event) > view.seq);
  const seq = page.next ?? Math.max(view.seq, page.seq);
  return { view: { ...fresh.reduce(append, view), unread: page.unread, seq }, fresh };
}

type Which = { upTo: number } | { ids: readonly string[] };

/** I3: counts of this epoch, and what was marked as read or unread; of another epoch, a sync will tell. */
export function foldMarks(view: InboxView, marks: InboxState, which?: Which, read = true): InboxView {
  if (marks.epoch !== view.epoch) return view;
  const { unread } = marks;
  const mark = (event: EventTriple): EventTriple => {
    const [name, payload, meta] = event;
    const hit = which && ("ids" in which ? which.ids.includes(meta.id) : numberOf(event) <= which.upTo);
    return hit && meta.inbox ? [name, payload, { ...meta, inbox: { ...meta.inbox, read } }] : event;
  };
  return { ...view, ackSeq: Math.max(view.ackSeq, marks.ackSeq), unread, events: view.events.map(mark) };
}
