/** A transition as the CloudEvent backends consume (wire.md 4.2): subject, headers, data. */

import type { PresenceEvent, Subjects } from "@rollcall/contracts";
import type { OutboxEntry, OutboxKind } from "../store.ts";

const TYPES: Record<OutboxKind, PresenceEvent> = {
  online: "rollcall.user.online",
  offline: "rollcall.user.offline",
  changed: "rollcall.user.changed",
  joined: "rollcall.room.joined",
  left: "rollcall.room.left",
  occupied: "rollcall.room.occupied",
  vacated: "rollcall.room.vacated",
  state: "rollcall.room.state",
  epoch: "rollcall.presence.epoch",
};

const isUser = (kind: OutboxKind) => kind === "online" || kind === "offline" || kind === "changed";

export interface OutgoingEvent {
  subject: string;
  headers: Record<string, string>;
  data: string;
}

export function cloudEvent(entry: OutboxEntry, subjects: Subjects, source: string): OutgoingEvent {
  const { kind, tenant, user, namespace, room, traceparent } = entry;
  const subject =
    kind === "epoch"
      ? subjects.presenceEpoch()
      : isUser(kind)
        ? subjects.presenceUser(tenant, user)
        : subjects.presenceRoom(tenant, namespace, room);
  return {
    subject,
    headers: {
      "ce-specversion": "1.0",
      "ce-id": entry.id,
      "ce-type": TYPES[kind],
      "ce-source": source,
      "ce-time": new Date(entry.atMs).toISOString(),
      ...(tenant === "" ? {} : { "ce-tenantid": tenant }),
      "content-type": "application/json",
      ...(traceparent === undefined ? {} : { traceparent }),
    },
    data: entry.dataJson,
  };
}
