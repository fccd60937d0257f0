/** The public requests of wire.md 4.3 that presence answers, and the private `presence.explain`. */

import { type Contracts, isName, LIMITS, RollcallError } from "@rollcall/contracts";
import { edgeLabel } from "@rollcall/contracts/internal";
import type { PresenceStore, SessionFacts, UserRecord } from "../store.ts";
import type { LastTransition } from "../workers/stream.ts";
import { checked } from "./checked.ts";
import { declaredNamespace, declaredRoom } from "./declared-room.ts";
import { readHistory, readMembers, readState } from "./reads.ts";
import { type RevokeOptions, revoke } from "./revoke.ts";
import { patchRoom } from "./room-patch.ts";
import { backendView, fitting, iso } from "./views.ts";

export interface RequestContext {
  tenant: string;
  traceparent: string | undefined;
  /** Size of the request. */
  bytes: number;
}

export type RequestHandler = (body: unknown, context: RequestContext) => Promise<unknown>;

/** Items in one answer; a longer `limit` is answered with `next`. */
const PAGE_MAX = 500;
const PAGE_DEFAULT = 100;
/** Below the usual `max_payload` of NATS (1 MiB). */
const REPLY_BYTES = 768 * 1024;

export interface RequestsOptions extends RevokeOptions {
  store: PresenceStore;
  contracts: Contracts;
  leaseMs: number;
  /** What backends were told last of a user. */
  lastTransition(of: { tenant: string; user: string }): Promise<LastTransition | undefined>;
}

const stale = (brake: boolean) => (brake ? { stale: true } : {});
const limited = (limit = PAGE_DEFAULT) => Math.min(limit, PAGE_MAX);

export function requestHandlers(options: RequestsOptions): Record<string, RequestHandler> {
  const { store, contracts } = options;
  return {
    async "presence.get"(body, { tenant }) {
      const { users } = checked("presence.get", body);
      const read = await store.users(tenant, users);
      return { users: users.map((user, i) => backendView(user, read.users[i])), ...stale(read.brake) };
    },

    async "presence.list"(body, { tenant }) {
      const { cursor = "", limit } = checked("presence.list", body);
      const most = limited(limit);
      const read = await store.userPage(tenant, cursor, most + 1);
      const all = read.users.map((facts) => backendView(facts.user, facts));
      const views = fitting(all.slice(0, most), REPLY_BYTES);
      const next = views.length < all.length ? { next: views.at(-1)!.user } : {};
      return { users: views, count: read.count, ...next, ...stale(read.brake) };
    },

    async "presence.sessions"(body, { tenant }) {
      const { sessions, brake } = await store.user(tenant, checked("presence.sessions", body).user);
      return { sessions: sessions.map(sessionView), ...stale(brake) };
    },

    async "presence.explain"(body, { tenant }) {
      const { user } = checked("presence.explain", body);
      const [record, last] = await Promise.all([store.user(tenant, user), options.lastTransition({ tenant, user })]);
      return explain(user, record, { last, leaseMs: options.leaseMs });
    },

    async "session.revoke"(body, context) {
      return { revoked: await revoke(options, context, checked("session.revoke", body)) };
    },

    async "room.list"(body, { tenant }) {
      const { namespace, prefix = "", cursor: after = "", limit } = checked("room.list", body);
      declaredNamespace(contracts, namespace);
      const most = limited(limit);
      const read = await store.rooms(tenant, namespace, { prefix, after, limit: most + 1 });
      const rooms = read.rooms.slice(0, most).map(({ room, count, sinceMs }) => ({ room, count, since: iso(sinceMs) }));
      return { rooms, ...(read.rooms.length > most ? { next: rooms.at(-1)!.room } : {}), ...stale(read.brake) };
    },

    async "room.members"(body, { tenant }) {
      const { cursor, limit, ...name } = checked("room.members", body);
      declaredRoom(contracts, name);
      return readMembers(store, { tenant, ...name }, { cursor, limit: limited(limit) });
    },

    async "room.state"(body, { tenant }) {
      const { keys, cursor, ...name } = checked("room.state", body);
      declaredRoom(contracts, name);
      return readState(store, { tenant, ...name }, { keys, cursor });
    },

    async "room.history"(body, { tenant }) {
      const { before, after, limit, ...name } = checked("room.history", body);
      declaredRoom(contracts, name);
      return readHistory(store, { tenant, ...name }, { before, after, limit: limited(limit) });
    },

    async "room.patch"(body, { tenant, traceparent, bytes }) {
      // One patch is one diff, and no event may be larger than 128 KiB.
      if (bytes > LIMITS.roomPatchBytes) throw new RollcallError("PAYLOAD_TOO_LARGE");
      const patched = await patchRoom(store, contracts, tenant, { body: checked("room.patch", body), traceparent });
      options.committed();
      return patched;
    },
  };
}

const json = (text: string): unknown => JSON.parse(text);

function sessionView(facts: SessionFacts) {
  const { ref, edge, sinceMs, status, client, memberships } = facts;
  return {
    session: ref.session,
    namespace: ref.namespace,
    edge: edgeLabel(edge),
    since: iso(sinceMs),
    status,
    ...(client === undefined ? {} : { client: json(client) }),
    rooms: memberships.map(({ room }) => room),
  };
}

/** Why is this user shown as it is: what holds each session, and for how long still; what changed last, and why. */
function explain(
  user: string,
  record: UserRecord,
  { last, leaseMs }: { last: LastTransition | undefined; leaseMs: number },
) {
  const { epoch, userEpoch, version, hidden, brakeReason, brakeSpentMs, sessions } = record;
  return {
    user,
    online: sessions.length > 0,
    ...(userEpoch === undefined ? {} : { epoch: userEpoch, version, visible: !hidden }),
    cellEpoch: epoch,
    brake: brakeReason === undefined ? null : { reason: brakeReason, heldMs: brakeSpentMs },
    ...(last === undefined ? {} : { last }),
    sessions: sessions.map((facts) => explained(facts, leaseMs)),
  };
}

function explained(facts: SessionFacts, leaseMs: number) {
  const { incarnation, lost, memberships, leaseLeftMs, graceLeftMs } = facts;
  const observed = memberships.filter(({ observe }) => observe).map(({ room }) => room);
  return {
    ...sessionView(facts),
    incarnation,
    ...(observed.length === 0 ? {} : { observing: observed }),
    state: lost === undefined ? "online" : "lost",
    ...(lost === undefined ? {} : { lost }),
    /** What its edge's lease, or its own grace, has left. */
    ...(leaseLeftMs === undefined ? {} : { leaseAgeMs: leaseMs - leaseLeftMs, leaseLeftMs }),
    ...(graceLeftMs === undefined ? {} : { graceLeftMs }),
  };
}

export function tenantOf(subject: string): string {
  const tenant = subject.split(".")[2];
  if (!isName("tenant", tenant)) throw new RollcallError("PAYLOAD_INVALID");
  return tenant;
}
