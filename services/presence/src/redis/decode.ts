/** What scripts answer, in the store's terms. "" stands for nothing. */

import type { LeaseData } from "@rollcall/contracts/internal";
import type { OutboxEntry, OutboxKind, SessionFacts, Stamp, UserFacts } from "../store.ts";
import { readMemberships } from "./packed.ts";

const STATUS = { a: "active", w: "away", b: "busy" } as const;
export const optional = (value: unknown): string | undefined => (value === "" ? undefined : String(value));
export const optionalNumber = (value: unknown): number | undefined => (value === "" ? undefined : Number(value));

export function leaseData([status, epoch, brake]: readonly unknown[]): LeaseData {
  const known = status === "OK" ? "OK" : "UNKNOWN_EDGE";
  return { status: known, epoch: String(epoch), brake: brake === "1" };
}

export function userFacts(stamp: Stamp, user: string, row: readonly unknown[]): UserFacts {
  const [status, info, devices, hidden, birth, version] = row;
  return {
    user,
    status: status as UserFacts["status"],
    info: optional(info),
    devices: Number(devices),
    hidden: hidden === "1",
    epoch: `${stamp.epoch}.${String(birth)}`,
    version: Number(version),
  };
}

export function outboxEntry(place: string, fields: readonly string[]): OutboxEntry {
  const of = new Map<string, string>();
  for (let i = 0; i < fields.length; i += 2) of.set(fields[i]!, fields[i + 1] ?? "");
  const text = (name: string) => of.get(name) ?? "";
  return {
    place,
    atMs: Number(place.split("-")[0]),
    kind: text("k") as OutboxKind,
    id: text("id"),
    traceparent: optional(text("tp")),
    tenant: text("t"),
    user: text("u"),
    namespace: text("n"),
    room: text("r"),
    dataJson: text("d"),
    delayMs: optionalNumber(text("w")),
  };
}

export function sessionFacts(tenant: string, user: string, row: readonly unknown[]): SessionFacts {
  const [
    namespace,
    session,
    edge,
    incarnation,
    age,
    lost,
    since,
    issued,
    status,
    rooms,
    client,
    name,
    info,
    lease,
    grace,
    trace,
  ] = row;
  return {
    ref: { tenant, namespace: String(namespace), user, session: String(session) },
    edge: String(edge),
    incarnation: Number(incarnation),
    connectedForMs: optionalNumber(age),
    lost: optional(lost),
    sinceMs: Number(since),
    issuedAtMs: Number(issued),
    status: STATUS[status as keyof typeof STATUS],
    memberships: readMemberships(String(rooms)),
    client: optional(client),
    name: optional(name),
    info: optional(info),
    trace: optional(trace),
    leaseLeftMs: optionalNumber(lease),
    graceLeftMs: optionalNumber(grace),
  };
}
