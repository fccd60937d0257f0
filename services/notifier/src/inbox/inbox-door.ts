/** What edges ask on behalf of their clients: `inbox:ack`, `inbox:read`, `inbox:unread`, `inbox:sync`. */

import { type EventTriple, type InboxPage, type InboxState, isName, RollcallError } from "@rollcall/contracts";
import type { InboxOwner, InboxRequest } from "@rollcall/contracts/internal";
import { clientTrace } from "../routing/client-trace.ts";
import type { Announce } from "./announce.ts";
import type { InboxStore } from "./inbox-store.ts";
import type { Marked, Outcome, PageQuery, StoredItem } from "./inbox-types.ts";

export interface InboxDoorOptions {
  store: InboxStore;
  announce: Announce;
  traceToClient: boolean;
  onOutcomes(outcomes: readonly Outcome[]): void;
}

const MAX_IDS = 500;
const MAX_LIMIT = 100;
const DEFAULT_LIMIT = 50;

export function createInboxDoor(options: InboxDoorOptions) {
  const { store, traceToClient } = options;
  return async (body: unknown): Promise<InboxState | InboxPage> => {
    const asked = readRequest(body);
    const owner: InboxOwner = { tenant: asked.tenant, namespace: asked.namespace, user: asked.user };
    switch (asked.op) {
      case "ack":
        return changed(owner, await store.mark(owner, { op: "ack", epoch: asked.epoch, seq: asked.seq }));
      case "read":
        return "upTo" in asked
          ? changed(owner, await store.mark(owner, { op: "readUpTo", seq: asked.upTo }), { upTo: asked.upTo })
          : changed(owner, await store.mark(owner, { op: "read", mids: asked.ids }), { ids: asked.ids });
      case "unread":
        return changed(owner, await store.mark(owner, { op: "unread", mids: asked.ids }));
      case "sync":
        return sync(owner, asked);
    }
  };

  async function changed(
    owner: InboxOwner,
    marked: Marked,
    read?: { upTo: number } | { ids: string[] },
  ): Promise<InboxState> {
    options.onOutcomes(marked.outcomes);
    const { epoch, ackSeq, unread } = marked;
    if (marked.changed)
      await options.announce(owner, { epoch, unread, ackSeq, ...(read === undefined ? {} : { read }) });
    return { epoch, ackSeq, unread };
  }

  async function sync(owner: InboxOwner, asked: InboxRequest & { op: "sync" }): Promise<InboxPage> {
    const limit = asked.limit ?? DEFAULT_LIMIT;
    const { have, before } = asked;
    if (have !== undefined && before === undefined) {
      const page = await store.page(owner, { mode: "after", seq: have.seq, limit });
      if (page.epoch === have.epoch) {
        const last = page.items.at(-1);
        return answer(page, page.items, page.more && last !== undefined ? last.seq : undefined);
      }
    }
    const query: PageQuery = before === undefined ? { mode: "newest", limit } : { mode: "before", seq: before, limit };
    const page = await store.page(owner, query);
    const oldest = page.items.at(-1);
    return answer(page, page.items.toReversed(), page.more && oldest !== undefined ? oldest.seq : undefined);
  }

  function answer(
    { epoch, seq, unread }: { epoch: string; seq: number; unread: number },
    items: StoredItem[],
    next: number | undefined,
  ): InboxPage {
    return {
      epoch,
      seq,
      unread,
      events: items.map((item) => tripleOf(item, epoch, traceToClient)),
      ...(next === undefined ? {} : { next }),
    };
  }
}

function tripleOf(item: StoredItem, epoch: string, traceToClient: boolean): EventTriple {
  const { ts, traceparent } = item.info;
  return [
    item.event,
    JSON.parse(item.dataJson),
    {
      id: item.mid,
      ts,
      inbox: { epoch, seq: item.seq, read: item.read },
      ...clientTrace(traceparent, traceToClient),
    },
  ];
}

/** Edges check the shapes of clients; this keeps what is not from an edge, or from a newer one, from the scripts. */
function readRequest(body: unknown): InboxRequest {
  const asked = body as Partial<Record<string, unknown>> | null;
  const bad = (pointer: string): never => {
    throw RollcallError.invalid([{ pointer, keyword: "type", message: "is not as agreed" }]);
  };
  if (typeof asked !== "object" || asked === null) return bad("");
  if (!isName("tenant", asked.tenant)) bad("/tenant");
  if (!isName("namespace", asked.namespace)) bad("/namespace");
  if (!isName("user", asked.user)) bad("/user");
  const isSeq = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0;
  const isIds = (value: unknown) =>
    Array.isArray(value) && value.length <= MAX_IDS && value.every((id) => isName("clientId", id));
  switch (asked.op) {
    case "ack":
      if (typeof asked.epoch !== "string") bad("/epoch");
      if (!isSeq(asked.seq)) bad("/seq");
      break;
    case "read":
      if ("upTo" in asked ? !isSeq(asked.upTo) : !isIds(asked.ids)) bad("upTo" in asked ? "/upTo" : "/ids");
      break;
    case "unread":
      if (!isIds(asked.ids)) bad("/ids");
      break;
    case "sync": {
      const have = asked.have as { epoch?: unknown; seq?: unknown } | undefined;
      if (have !== undefined && (typeof have?.epoch !== "string" || !isSeq(have.seq))) bad("/have");
      if (asked.before !== undefined && !isSeq(asked.before)) bad("/before");
      const limit = asked.limit;
      if (limit !== undefined && !(isSeq(limit) && (limit as number) >= 1 && (limit as number) <= MAX_LIMIT))
        bad("/limit");
      break;
    }
    default:
      bad("/op");
  }
  return asked as unknown as InboxRequest;
}
