/** An accepted event on its way to the sockets: one log entry however large its audience. */

import type { NatsConnection } from "@nats-io/nats-core";
import { type Contracts, type Meta, RollcallError, roomTarget, type Subjects, userTarget } from "@rollcall/contracts";
import { type PublishData, type PublishRequest, roomRules } from "@rollcall/contracts/internal";
import type { Placement } from "@rollcall/fanout";
import { request } from "@rollcall/runtime";
import { ATTRIBUTES, during, type Span, startSpan } from "@rollcall/telemetry";
import { clientTrace } from "../routing/client-trace.ts";
import { encodePacket, isoTime } from "../routing/packet.ts";
import type { EmitOnce, Fence } from "./emit-once.ts";
import type { InboxDelivery } from "./inbox-delivery.ts";
import type { DeliveryOutcome, Outgoing } from "./outgoing.ts";

export interface Delivery {
  /** Has taken effect when it resolves. Rejects with a catalogue error; `UNAVAILABLE` may have taken effect. */
  deliver(outgoing: Outgoing, parent: Span, fence?: Fence): Promise<DeliveryOutcome>;
}

export interface DeliveryOptions {
  contracts: Contracts;
  emitOnce: EmitOnce;
  /** Undefined: no contract declares a durable event. */
  inboxes: InboxDelivery | undefined;
  nc: NatsConnection;
  subjects: Subjects;
  placement: Placement;
  traceToClient: boolean;
}

const PRESENCE_TIMEOUT_MS = 5_000;

export function createDelivery(options: DeliveryOptions): Delivery {
  const { contracts, emitOnce, inboxes, nc, subjects, placement, traceToClient } = options;

  async function emit(outgoing: Outgoing, span: Span, fence: Fence | undefined): Promise<DeliveryOutcome> {
    const { tenant, namespace, event, mid, audience } = outgoing;
    const emitted = await emitOnce(
      {
        tenant,
        namespace,
        targets:
          audience.to === "room"
            ? [roomTarget(tenant, audience.room)]
            : audience.users.map((user) => userTarget(tenant, user)),
        event,
        packetJson: encodePacket(event, outgoing.dataJson, metaOf(outgoing, span)),
        mid,
        traceparent: span.traceparent,
      },
      { fence },
    );
    return emitted.outcome === "new" ? "emitted" : emitted.outcome;
  }

  /** Presence owns the numbers of a room's history: it writes the log entry, and knows a repeat by its id. */
  async function publish(outgoing: Outgoing, room: string, span: Span): Promise<DeliveryOutcome> {
    const { tenant, namespace, event, mid } = outgoing;
    const contract = contracts.namespaces.get(namespace)?.room(room);
    if (contract === undefined) throw new RollcallError("ROOM_UNKNOWN");
    const body: PublishRequest = {
      tenant,
      namespace,
      room,
      rules: roomRules(contract),
      event,
      id: mid,
      dataJson: outgoing.dataJson,
      metaJson: JSON.stringify(metaOf(outgoing, span)),
    };
    const door = subjects.presenceDoor(placement.cellOf(tenant), "publish");
    await request<PublishData>(nc, door, body, { timeoutMs: PRESENCE_TIMEOUT_MS, traceparent: span.traceparent });
    return "emitted";
  }

  function metaOf(outgoing: Outgoing, span: Span): Meta {
    return {
      id: outgoing.mid,
      ts: isoTime(outgoing.atMs),
      ...(outgoing.audience.to === "room" ? { room: outgoing.audience.room } : {}),
      ...clientTrace(span.traceparent, traceToClient),
    };
  }

  return {
    deliver(outgoing, parent, fence) {
      const { audience } = outgoing;
      const span = startSpan("emit", outgoing.event, {
        parent: parent.traceparent,
        kind: "producer",
        attributes: {
          [ATTRIBUTES.messageId]: outgoing.mid,
          [ATTRIBUTES.tenant]: outgoing.tenant,
          [ATTRIBUTES.namespace]: outgoing.namespace,
        },
      });
      return during(span, () => {
        if (outgoing.durable !== undefined && inboxes !== undefined) {
          return inboxes.deliver(outgoing, outgoing.durable, span, fence);
        }
        return audience.to === "room" && outgoing.history
          ? publish(outgoing, audience.room, span)
          : emit(outgoing, span, fence);
      });
    },
  };
}
