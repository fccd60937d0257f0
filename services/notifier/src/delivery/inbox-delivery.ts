/**
 * A durable event on its way: into each recipient's inbox first, then to the devices that are there. What is in the
 * inbox is safe; the log entry is only the fast way to it, and a device that missed it finds it by `inbox:sync`.
 */

import { type Meta, RollcallError, userTarget } from "@rollcall/contracts";
import type { InboxOwner } from "@rollcall/contracts/internal";
import type { Span } from "@rollcall/telemetry";
import type { Announce } from "../inbox/announce.ts";
import { StoreRewound } from "../inbox/durable-redis.ts";
import type { InboxStore } from "../inbox/inbox-store.ts";
import type { EventInfo, Outcome } from "../inbox/inbox-types.ts";
import type { Preferences } from "../inbox/preferences.ts";
import { clientTrace } from "../routing/client-trace.ts";
import { encodePacket, isoTime } from "../routing/packet.ts";
import type { EmitOnce, Fence } from "./emit-once.ts";
import type { DeliveryOutcome, DurableTerms, Outgoing } from "./outgoing.ts";

export interface InboxDelivery {
  deliver(outgoing: Outgoing, terms: DurableTerms, span: Span, fence: Fence | undefined): Promise<DeliveryOutcome>;
}

export interface InboxDeliveryOptions {
  store: InboxStore;
  preferences: Preferences;
  emitOnce: EmitOnce;
  announce: Announce;
  traceToClient: boolean;
  onOutcomes(outcomes: readonly Outcome[]): void;
}

/** Recipients of one event served at once: bounds what one event may hold of Redis. */
const AT_ONCE = 50;

export function createInboxDelivery(options: InboxDeliveryOptions): InboxDelivery {
  const { store, preferences, emitOnce, announce, traceToClient, onOutcomes } = options;

  async function toOne(
    user: string,
    outgoing: Outgoing,
    terms: DurableTerms,
    span: Span,
    fence: Fence | undefined,
  ): Promise<DeliveryOutcome> {
    const { tenant, namespace, event, mid, dataJson } = outgoing;
    const owner: InboxOwner = { tenant, namespace, user };
    const info: EventInfo = { ts: isoTime(outgoing.atMs), ...terms.origin, traceparent: span.traceparent };
    const accepted = await store.accept(owner, {
      mid,
      event,
      dataJson,
      infoJson: JSON.stringify(info),
      muted: await preferences.isMuted(tenant, user, event),
      expiresAtMs: terms.expiresAtMs,
      ...(terms.fallbackAfterMs === undefined ? {} : { fallbackAfterMs: terms.fallbackAfterMs }),
      ...(terms.collapseKey === undefined ? {} : { collapseKey: terms.collapseKey }),
      ...(terms.source === undefined ? {} : { source: terms.source }),
    });
    onOutcomes(accepted.outcomes);
    const { epoch, seq, unread, ackSeq, madeWay } = accepted;
    // After the event: whatever a device counted by itself, this is how many there are.
    const tellWhatMadeWay = async () => {
      if (madeWay.length > 0) await announce(owner, { epoch, unread, ackSeq, read: { ids: madeWay } });
    };
    if (accepted.state !== "pending") {
      await tellWhatMadeWay();
      return accepted.isNew ? "accepted" : "repeat";
    }
    const meta: Meta = {
      id: mid,
      ts: info.ts,
      inbox: { epoch, seq, read: false },
      ...clientTrace(info.traceparent, traceToClient),
    };
    const emitted = await emitOnce(
      {
        tenant,
        namespace,
        targets: [userTarget(tenant, user)],
        event,
        packetJson: encodePacket(event, dataJson, meta),
        mid,
        traceparent: span.traceparent,
      },
      // In another epoch devices must see it again, to know what to acknowledge.
      { fence, marker: `${mid} ${user} ${epoch}` },
    );
    await tellWhatMadeWay();
    if (emitted.outcome === "fenced") return "fenced";
    return accepted.isNew ? "accepted" : "repeat";
  }

  return {
    async deliver(outgoing, terms, span, fence) {
      if (outgoing.audience.to !== "users") throw new RollcallError("INTERNAL");
      const { users } = outgoing.audience;
      const seen = new Set<DeliveryOutcome>();
      try {
        if (terms.origin !== undefined) {
          await store.nameEvent(outgoing.tenant, terms.origin.id, outgoing.mid, terms.expiresAtMs);
        }
        for (let i = 0; i < users.length; i += AT_ONCE) {
          const some = users.slice(i, i + AT_ONCE).map((user) => toOne(user, outgoing, terms, span, fence));
          for (const outcome of await Promise.all(some)) seen.add(outcome);
        }
      } catch (error) {
        if (error instanceof StoreRewound) return "rewound";
        throw error;
      }
      return seen.has("fenced") ? "fenced" : seen.has("accepted") ? "accepted" : "repeat";
    },
  };
}
