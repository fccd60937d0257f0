/** A user's inbox as the wire describes it; its pages are of two events. */

import type { EventTriple, InboxPage, InboxState } from "../src/wire.ts";
import { Refusal } from "./refusal.ts";

const PAGE = 2;

export class ModelInbox {
  epoch = "c0.1";
  events: EventTriple[] = [];
  ackSeq = 0;

  add(name: string, payload: unknown, id: string): EventTriple {
    const seq = this.events.length + 1;
    const event: EventTriple = [name, payload, { id, ts: "", inbox: { epoch: this.epoch, seq, read: false } }];
    this.events.push(event);
    return event;
  }

  marks(): InboxState {
    const unread = this.events.filter(([, , meta]) => !meta.inbox!.read).length;
    return { epoch: this.epoch, ackSeq: this.ackSeq, unread };
  }

  sync({ have, before }: { have?: { epoch: string; seq: number }; before?: number }): InboxPage {
    const known = have?.epoch === this.epoch;
    const newest = this.events.length;
    const events = known
      ? this.events.slice(have.seq, have.seq + PAGE)
      : this.events.slice(0, before && before - 1).slice(-PAGE);
    const last = events.at(-1)?.[2].inbox?.seq ?? newest;
    const { unread } = this.marks();
    return { epoch: this.epoch, seq: newest, unread, events, ...(known && last < newest && { next: last }) };
  }

  acknowledge({ epoch, seq }: { epoch: string; seq: number }): InboxState {
    if (epoch !== this.epoch) throw new Refusal("CONFLICT");
    this.ackSeq = Math.max(this.ackSeq, Math.min(seq, this.events.length));
    return this.marks();
  }

  mark({ upTo = 0, ids = [] }: { upTo?: number; ids?: string[] }, read: boolean): InboxState {
    this.events = this.events.map(([name, payload, meta]) => {
      const hit = ids.includes(meta.id) || meta.inbox!.seq <= upTo;
      return [name, payload, hit ? { ...meta, inbox: { ...meta.inbox!, read } } : meta];
    });
    return this.marks();
  }
}
