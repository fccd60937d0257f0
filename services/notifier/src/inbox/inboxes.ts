/** Inboxes: taking an event in, marking, reading. The rules are in the scripts; here are only their calls. */

import { RollcallError } from "@rollcall/contracts";
import type { InboxOwner } from "@rollcall/contracts/internal";
import { isFinal, type LedgerState } from "../ledger/ledger.ts";
import type { DurableRedis } from "./durable-redis.ts";
import type {
  Accepted,
  EventInfo,
  InboxItem,
  Mark,
  Marked,
  Outcome,
  Page,
  PageQuery,
  StoredItem,
} from "./inbox-types.ts";

export interface InboxesOptions {
  /** Items an inbox holds at most; the oldest gives way. */
  maxItems: number;
  /** How long records are kept after the ttl of their event. */
  keepMs: number;
}

const MAX_PAGE_BYTES = 100 * 1024;

export function createInboxes(redis: DurableRedis, { maxItems, keepMs }: InboxesOptions) {
  const acceptScript = redis.script(import.meta.url, "./accept.lua");
  const markScript = redis.script(import.meta.url, "./mark.lua");
  const syncScript = redis.script(import.meta.url, "./sync.lua");

  return {
    /** Throws `StoreRewound` for an event of a source that was not read again since a new epoch. */
    async accept(owner: InboxOwner, item: InboxItem): Promise<Accepted> {
      const keys = [redis.keysOf(owner.tenant).event(owner.tenant, owner.namespace, item.mid)];
      const args = [
        item.mid,
        item.event,
        item.dataJson,
        item.infoJson,
        item.expiresAtMs,
        item.fallbackAfterMs ?? "",
        item.collapseKey ?? "",
        item.muted ? "1" : "0",
        maxItems,
        keepMs,
        item.source?.name ?? "",
        item.source?.sequence ?? 0,
        item.source?.reread === true ? "1" : "0",
      ];
      const reply = await acceptScript(owner, args, { keys, mayRaise: item.source === undefined });
      const [status, state, epoch, seq, unread, ackSeq, madeWay, ...rest] = reply as [
        string,
        LedgerState,
        string,
        number,
        number,
        number,
        string[],
        ...string[],
      ];
      return { isNew: status === "NEW", state, epoch, seq, unread, ackSeq, madeWay, outcomes: outcomesOf(rest) };
    },

    /** Rejects with `CONFLICT` for an acknowledgement of another epoch. */
    async mark(owner: InboxOwner, mark: Mark): Promise<Marked> {
      const outcomes: Outcome[] = [];
      for (;;) {
        const [status, epoch, ackSeq, unread, changed, ...rest] = (await markScript(owner, markArgs(mark))) as [
          string,
          string,
          number,
          number,
          number,
          ...string[],
        ];
        if (status === "CONFLICT") throw new RollcallError("CONFLICT", { details: { epoch } });
        outcomes.push(...outcomesOf(rest));
        if (status === "OK") return { epoch, ackSeq, unread, changed: changed > 0, outcomes };
      }
    },

    async page(owner: InboxOwner, query: PageQuery): Promise<Page> {
      const seq = query.mode === "newest" ? 0 : query.seq;
      const reply = await syncScript(owner, [query.mode, seq, query.limit, MAX_PAGE_BYTES]);
      const [, epoch, newest, unread, more, ...flat] = reply as [
        string,
        string,
        number,
        number,
        number,
        ...(string | number)[],
      ];
      return { epoch, seq: newest, unread, more: more === 1, items: itemsOf(flat) };
    },
  };
}

function markArgs(mark: Mark): (string | number)[] {
  switch (mark.op) {
    case "ack":
      return ["ack", mark.epoch, mark.seq];
    case "readUpTo":
      return ["readUpTo", "", mark.seq];
    default:
      return [mark.op, "", 0, ...mark.mids];
  }
}

function itemsOf(flat: readonly (string | number)[]): StoredItem[] {
  const items: StoredItem[] = [];
  for (let i = 0; i + 5 < flat.length; i += 6) {
    const [mid, at, read, event, dataJson, info] = flat.slice(i, i + 6);
    items.push({
      mid: String(mid),
      seq: Number(at),
      read: read === 1,
      event: String(event),
      dataJson: String(dataJson),
      info: JSON.parse(String(info)) as EventInfo,
    });
  }
  return items;
}

function outcomesOf(flat: readonly string[]): Outcome[] {
  const outcomes: Outcome[] = [];
  for (let i = 0; i + 1 < flat.length; i += 2) {
    const state = flat[i] as LedgerState;
    if (isFinal(state)) outcomes.push({ state, reason: flat[i + 1] ?? "" });
  }
  return outcomes;
}
