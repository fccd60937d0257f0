/** The public requests of wire.md 4.3 that presence answers, and the private `presence.explain`. */

import { RollcallError } from "@rollcall/contracts";
import type { ControlMessage } from "@rollcall/contracts/internal";
import type { Revocations } from "../redis/revocations.ts";
import type { PresenceStore, SessionFacts } from "../store.ts";
import { fieldsOf } from "./fields.ts";
import { readHistory, readMembers, readState } from "./reads.ts";
import { backendView, fitting, iso } from "./views.ts";

export type RequestHandler = (tenant: string, body: unknown) => Promise<unknown>;

const MAX_KEYS = 256;
const MAX_USERS = 1_000;
/** Below the usual `max_payload` of NATS (1 MiB). */
const REPLY_BYTES = 768 * 1024;

export interface RequestsOptions {
  store: PresenceStore;
  revocations: Revocations;
  /** To every edge, at most once. */
  tellEdges(message: ControlMessage): void;
}

export function requestHandlers({ store, revocations, tellEdges }: RequestsOptions): Record<string, RequestHandler> {
  const stale = (brake: boolean) => (brake ? { stale: true } : {});

  return {
    async "presence.get"(tenant, body) {
      const users = fieldsOf(body).names("users", "user", MAX_USERS);
      const read = await store.users(tenant, users);
      return { users: users.map((user, i) => backendView(user, read.users[i])), ...stale(read.brake) };
    },

    async "presence.list"(tenant, body) {
      const { cursor = "", limit } = fieldsOf(body).page();
      const read = await store.userPage(tenant, cursor, limit + 1);
      const views = fitting(
        read.users.slice(0, limit).map((facts) => backendView(facts.user, facts)),
        REPLY_BYTES,
      );
      const next = views.length < read.users.length ? { next: views.at(-1)!.user } : {};
      return { users: views, count: read.count, ...next, ...stale(read.brake) };
    },

    async "presence.sessions"(tenant, body) {
      const { sessions, brake } = await store.user(tenant, fieldsOf(body).name("user", "user"));
      return { sessions: sessions.map(sessionView), ...stale(brake) };
    },

    async "presence.explain"(tenant, body) {
      const user = fieldsOf(body).name("user", "user");
      const record = await store.user(tenant, user);
      const { epoch, userEpoch, version, hidden } = record;
      return {
        user,
        online: record.sessions.length > 0,
        ...(userEpoch === undefined ? {} : { epoch: userEpoch, version, visible: !hidden }),
        cellEpoch: epoch,
        brake: record.brakeReason === undefined ? null : { reason: record.brakeReason, heldMs: record.brakeSpentMs },
        sessions: record.sessions.map(explained),
      };
    },

    async "session.revoke"(tenant, body) {
      const fields = fieldsOf(body);
      const user = fields.name("user", "user");
      const session = fields.optionalName("session", "session");
      const room = fields.optionalName("room", "room");
      fields.text("reason", { optional: true, maxLength: 256, free: true });
      const named = fields.optionalName("namespace", "namespace");
      const namespace = room === undefined ? named : (named ?? "/");
      const before = fields.time("issuedBefore");
      // A session's id is no right: ending one forbids nothing.
      const issuedBeforeMs =
        session === undefined || room !== undefined
          ? await revocations.record({ tenant, user, namespace, room, issuedBeforeMs: before })
          : before;
      const revocation = { tenant, user, session, namespace, room, issuedBeforeMs };
      const revoked = await store.revoke(revocation);
      tellEdges({ kind: "revoked", ...defined(revocation) });
      return { revoked };
    },

    async "room.list"(tenant, body) {
      const fields = fieldsOf(body);
      const { cursor = "", limit } = fields.page();
      const prefix = fields.text("prefix", { optional: true, maxLength: 128 }) ?? "";
      const read = await store.rooms(tenant, fields.namespace(), { prefix, after: cursor, limit: limit + 1 });
      const rooms = read.rooms
        .slice(0, limit)
        .map(({ room, count, sinceMs }) => ({ room, count, since: iso(sinceMs) }));
      return { rooms, ...(read.rooms.length > limit ? { next: rooms.at(-1)!.room } : {}), ...stale(read.brake) };
    },

    "room.members"(tenant, body) {
      const fields = fieldsOf(body);
      return readMembers(store, fields.room(tenant), fields.page());
    },

    "room.state"(tenant, body) {
      const fields = fieldsOf(body);
      const keys = fields.optionalNames("keys", "stateKey", MAX_KEYS);
      return readState(store, fields.room(tenant), { keys, cursor: fields.cursor() });
    },

    "room.history"(tenant, body) {
      const fields = fieldsOf(body);
      return readHistory(store, fields.room(tenant), fields.span());
    },
  };
}

/** Without what is undefined. */
function defined<T extends Record<string, unknown>>(record: T) {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}

const json = (text: string): unknown => JSON.parse(text);

function sessionView(facts: SessionFacts) {
  const { ref, edge, sinceMs, status, client, memberships } = facts;
  return {
    session: ref.session,
    namespace: ref.namespace,
    edge,
    since: iso(sinceMs),
    status,
    ...(client === undefined ? {} : { client: json(client) }),
    rooms: memberships.map(({ room }) => room),
  };
}

/** Why is this user shown online: what holds each session, and for how long still. */
function explained(facts: SessionFacts) {
  const { incarnation, lost, memberships, leaseLeftMs, graceLeftMs } = facts;
  const observed = memberships.filter(({ observe }) => observe).map(({ room }) => room);
  return {
    ...sessionView(facts),
    incarnation,
    ...(observed.length === 0 ? {} : { observing: observed }),
    state: lost === undefined ? "online" : "lost",
    ...(lost === undefined ? {} : { lost }),
    /** What its edge's lease, or its own grace, has left. */
    ...(leaseLeftMs === undefined ? {} : { leaseLeftMs }),
    ...(graceLeftMs === undefined ? {} : { graceLeftMs }),
  };
}

export function tenantOf(subject: string): string {
  const tenant = subject.split(".")[2];
  if (tenant === undefined || !/^[a-z0-9-]{1,64}$/.test(tenant)) throw new RollcallError("PAYLOAD_INVALID");
  return tenant;
}
