/** The user's durable events on this device: synced, acknowledged, marked. The shell around `inbox-fold.ts`. */

import type { Clock } from "./clock.ts";
import type { RollcallError } from "./errors.ts";
import { createFollow } from "./follow.ts";
import { foldEvent, foldMarks, foldPage, type InboxView, openView } from "./inbox-fold.ts";
import { cell, type Readable, type Report } from "./readable.ts";
import { FAIL, type RequestOptions, type Requests } from "./requests.ts";
import type { EventTriple, InboxChanged, InboxPage, InboxState } from "./wire.ts";

export interface InboxSnapshot {
  /** `off`: not started. `stale`: as last known. `failed`: see `error`. */
  readonly phase: "off" | "stale" | "live" | "failed";
  readonly unread: number;
  /** The newest, ascending; `meta.inbox.read` tells the read ones. */
  readonly events: readonly EventTriple[];
  /** Up to here the handlers were given everything. Keep it, and give it to `start` next time. */
  readonly have?: { readonly epoch: string; readonly seq: number };
  readonly error?: RollcallError;
}

export interface Inbox extends Readable<InboxSnapshot> {
  /**
   * From now on this device keeps up with the inbox and acknowledges what its handlers were given, which stops fallbacks
   * (mail, push): set them first. They begin with what came after `have`; without it, or when the server began the inbox
   * anew, with what no device of the user acknowledged, which then may come again: `meta.id` tells. Repeats of the call
   * change nothing.
   */
  start(have?: { epoch: string; seq: number }): void;
  /** The person saw it. */
  markRead(which: Marked, options?: RequestOptions): Promise<InboxState>;
  markUnread(ids: string[], options?: RequestOptions): Promise<InboxState>;
  /** Older events, for a list that is scrolled. */
  readPage(page: { before?: number; limit?: number }, options?: RequestOptions): Promise<InboxPage>;
}

type Marked = { upTo: number } | { ids: string[] };

export interface InboxShell {
  readonly inbox: Inbox;
  up(): void;
  down(): void;
  /** True when the event is the inbox's business. */
  take(event: EventTriple): boolean;
  changed(changed: InboxChanged): void;
}

/** Acknowledgements of a burst go as one. */
const ACK_DELAY_MS = 200;

export function createInbox(
  clock: Clock,
  report: Report,
  requests: Requests,
  online: () => boolean,
  deliver: (event: EventTriple) => void,
): InboxShell {
  let view: InboxView | undefined;
  let started = false;
  let failure: RollcallError | undefined;
  let acknowledging = false;
  const snapshot = cell<InboxSnapshot>({ phase: "off", unread: 0, events: [] }, report);

  const follow = createFollow<EventTriple>(clock, report, {
    async ask(current) {
      for (let more = true; more; ) {
        const known: InboxView | undefined = view;
        const have = known && { epoch: known.epoch, seq: known.seq };
        const page = await requests.request<InboxPage>("inbox:sync", have ? { have } : {}, FAIL);
        if (!current()) return;
        if (known?.epoch === page.epoch) {
          const folded = foldPage(known, page);
          more = (page.next ?? 0) > known.seq;
          view = folded.view;
          for (const event of folded.fresh) deliver(event);
        } else {
          const ackSeq = await acknowledged(page.epoch);
          if (!current()) return;
          if (ackSeq === undefined) return "gap";
          view = openView(page, ackSeq);
          more = view.seq < page.seq;
        }
      }
    },
    fold(event) {
      const next = foldEvent(view as InboxView, event);
      if (next === "gap") return next;
      if (next !== view) {
        view = next;
        deliver(event);
      }
    },
    changed,
    refused(error) {
      started = false;
      failure = error;
      changed();
    },
  });

  function changed(): void {
    const phase = failure ? "failed" : !started ? "off" : follow.live() ? "live" : "stale";
    const { unread = 0, events = [], epoch, seq = 0 } = view ?? {};
    snapshot.set({ phase, unread, events, ...(epoch && { have: { epoch, seq } }), ...(failure && { error: failure }) });
    if (acknowledging || !follow.live() || !view || view.seq <= view.ackSeq) return;
    acknowledging = true;
    clock.timer(ACK_DELAY_MS, () => void acknowledge());
  }

  /** I2: acknowledging nothing tells how far the user's devices are; undefined when the inbox began anew meanwhile. */
  async function acknowledged(epoch: string): Promise<number | undefined> {
    try {
      return (await requests.request<InboxState>("inbox:ack", { epoch, seq: 0 }, FAIL)).ackSeq;
    } catch (error) {
      if ((error as RollcallError).code !== "CONFLICT") throw error;
      return undefined;
    }
  }

  /** I4: this device has everything up to `seq`. What fails is tried with the next event or connection. */
  async function acknowledge(): Promise<void> {
    const { epoch, seq } = view as InboxView;
    try {
      const marks = await requests.request<InboxState>("inbox:ack", { epoch, seq }, FAIL);
      acknowledging = false;
      apply({ ...marks, ackSeq: Math.max(seq, marks.ackSeq) }); // whatever it says, once is enough
    } catch (cause) {
      acknowledging = false;
      const error = cause as RollcallError;
      if (error.code === "CONFLICT")
        follow.start(); // the inbox began anew
      else if (error.code !== "OFFLINE") report(error);
    }
  }

  function apply(marks: InboxState, which?: Marked, read?: boolean): InboxState {
    view &&= foldMarks(view, marks, which, read);
    changed();
    return marks;
  }

  const mark = async (name: string, which: Marked, read: boolean, request?: RequestOptions) =>
    apply(await requests.request<InboxState>(name, which, request), which, read);

  return {
    inbox: {
      get: snapshot.get,
      subscribe: snapshot.subscribe,
      start(have) {
        if (started) return;
        started = true;
        failure = undefined;
        if (have) view ??= { ...have, ackSeq: 0, unread: 0, events: [] };
        if (online()) follow.start();
        else changed();
      },
      markRead: (which, request) => mark("inbox:read", which, true, request),
      markUnread: (ids, request) => mark("inbox:unread", { ids }, false, request),
      readPage: (page, request) => requests.request("inbox:sync", page, request),
    },
    up() {
      if (started) follow.start();
    },
    down: follow.stop,
    take(event) {
      if (started) follow.receive(event);
      return started;
    },
    changed(marks) {
      if (follow.live() && view?.epoch !== marks.epoch) follow.start();
      else apply(marks, marks.read);
    },
  };
}
