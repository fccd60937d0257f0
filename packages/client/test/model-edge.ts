/**
 * An edge as the wire describes it, in one process and without limits: what clients are tested against where no cluster
 * is needed. Knows nothing of transports: `memory-net.ts` and `socket-edge.ts` bring the connections.
 */

import { type ClientEvent, isClientEvent, validateAuth, validateClientEvent, validateMeta } from "@rollcall/contracts";
import type { ClientMeta } from "../src/link.ts";
import type {
  EventTriple,
  InboxState,
  JoinHave,
  Meta,
  Reply,
  StateOp,
  UserPresence,
  WireError,
  WireErrorCode,
} from "../src/wire.ts";
import { ModelInbox } from "./model-inbox.ts";
import { ModelRoom } from "./model-room.ts";
import { Refusal } from "./refusal.ts";

/** The way back to one client. */
export interface Wire {
  emit(name: string, payload: unknown, meta: Meta): void;
  /** With a DISCONNECT packet, or by closing the transport. */
  close(how: "disconnect" | "transport"): void;
}

export interface Connection {
  readonly user: string;
  readonly session: string;
  readonly rooms: Set<string>;
  readonly watched: Set<string>;
  readonly wire: Wire;
}

/** `user`, or `user:lifetimeMs`. */
export interface EdgeAuth {
  token?: string;
  session?: string;
  presence?: { status: string; info?: unknown };
}

type Ack = (reply: Reply) => void;
interface Payload {
  room: string;
  info?: never;
  have?: JoinHave;
  last?: number;
  cursor?: string;
  after?: number;
  before?: number;
  ops: StateOp[];
  data?: unknown;
  token: string;
  users: string[];
  status: UserPresence["status"];
  epoch: string;
  seq: number;
  upTo?: number;
  ids?: string[];
}

/** What a client of ours sends is checked against the contract itself: a mistake fails the test that made it. */
function conform(what: string, result: { ok: boolean; issues?: unknown }): void {
  if (!result.ok) throw new Error(`${what} is not as the contract says: ${JSON.stringify(result.issues)}`);
}

export class ModelEdge {
  readonly rooms = new Map<string, ModelRoom>();
  readonly presences = new Map<string, UserPresence>();
  readonly inboxes = new Map<string, ModelInbox>();
  readonly connections = new Set<Connection>();
  /** Sessions within grace: what `resumed` says. */
  readonly sessions = new Set<string>();
  /** Every request, in order. */
  readonly asked: { name: string; payload: Payload; meta: ClientMeta; user: string }[] = [];
  /** Refusals to come, by request name (or `connect`). */
  readonly refusals = new Map<string, Partial<WireError>[]>();
  /** Requests that are never answered, by name. */
  readonly mute = new Set<string>();
  readonly #done = new Map<string, unknown>();
  readonly #clockMs: () => number;
  #ids = 0;

  constructor(clockMs: () => number) {
    this.#clockMs = clockMs;
  }

  room(id: string): ModelRoom {
    let room = this.rooms.get(id);
    if (!room) {
      room = new ModelRoom(id);
      this.rooms.set(id, room);
    }
    return room;
  }

  refuse(name: string, code: WireErrorCode, more: Partial<WireError> = {}): void {
    this.refusals.set(name, [...(this.refusals.get(name) ?? []), { code, ...more }]);
  }

  /** How often a request was made. */
  count(name: string): number {
    return this.asked.filter((one) => one.name === name).length;
  }

  connect(auth: EdgeAuth, wire: Wire): Connection | WireError {
    conform("auth", validateAuth(auth));
    const refusal = this.refusals.get("connect")?.shift();
    if (refusal) return new Refusal(refusal.code as WireErrorCode, refusal).wire;
    const [user = "", lifetimeMs = "600000"] = (auth.token ?? "").split(":");
    const session = auth.session ?? this.#id();
    const resumed = this.sessions.has(session);
    for (const other of this.connections) {
      if (other.session === session) this.end(other, "replaced");
    }
    this.sessions.add(session);
    const connection: Connection = { user, session, rooms: new Set(), watched: new Set(), wire };
    this.connections.add(connection);
    if (auth.presence) this.#present(user, auth.presence.status as UserPresence["status"], auth.presence.info);
    this.tell(connection, "session:ready", {
      session,
      user,
      tenant: "main",
      namespace: "/",
      edge: "edge-1",
      protocol: 1,
      resumed,
      serverTime: new Date(this.#clockMs()).toISOString(),
      expiresAt: new Date(this.#clockMs() + Number(lifetimeMs)).toISOString(),
      heartbeat: { pingIntervalMs: 6000, pingTimeoutMs: 5000, graceMs: 10_000 },
      limits: {
        payloadBytes: 16_384,
        rooms: 100,
        watched: 2000,
        eventsPerSecond: 100,
        stateKeys: 256,
        stateValueBytes: 8192,
      },
      health: { presence: "live", fanout: "live", inbox: "live" },
    });
    return connection;
  }

  /** The transport is gone; `goodbye`: with a DISCONNECT packet. */
  gone(connection: Connection, goodbye: boolean): void {
    if (!this.connections.delete(connection) || !goodbye) return;
    for (const id of connection.rooms) this.#leave(connection, id);
    this.sessions.delete(connection.session);
  }

  end(connection: Connection, reason: string): void {
    this.tell(connection, "session:revoked", { reason });
    this.connections.delete(connection);
    connection.wire.close("disconnect");
  }

  of(user: string): Connection[] {
    return [...this.connections].filter((connection) => connection.user === user);
  }

  tell(connection: Connection, name: string, payload: unknown, meta: Partial<Meta> = {}): void {
    connection.wire.emit(name, payload, { id: this.#id(), ts: "2026-01-01T00:00:00Z", ...meta });
  }

  tellAll(name: string, payload: unknown): void {
    for (const connection of this.connections) this.tell(connection, name, payload);
  }

  /** Sends a room's message to its members. */
  send(id: string, event: EventTriple | undefined, except?: Connection): void {
    if (!event) return;
    for (const connection of this.connections) {
      if (connection !== except && connection.rooms.has(id)) connection.wire.emit(...event);
    }
  }

  /** A durable event for a user; kept, and sent to those connected. */
  notify(user: string, name: string, payload: unknown): void {
    const event = this.#inbox(user).add(name, payload, this.#id());
    for (const connection of this.of(user)) connection.wire.emit(...event);
  }

  present(user: string, status: UserPresence["status"], info?: unknown): void {
    this.#present(user, status, info);
  }

  handle(connection: Connection, name: string, payload: unknown, meta: ClientMeta, ack: Ack | undefined): void {
    this.asked.push({ name, payload: payload as Payload, meta, user: connection.user });
    if (isClientEvent(name)) conform(name, validateClientEvent(name as ClientEvent, payload));
    conform(`meta of ${name}`, validateMeta(meta));
    if (this.mute.has(name)) return;
    try {
      const refusal = this.refusals.get(name)?.shift();
      if (refusal) throw new Refusal(refusal.code as WireErrorCode, refusal);
      const key = meta?.id === undefined ? undefined : `${connection.user} ${name} ${meta.id}`;
      const data =
        key !== undefined && this.#done.has(key)
          ? this.#done.get(key)
          : this.#answer(connection, name, payload as Payload, meta);
      if (key !== undefined) this.#done.set(key, data);
      ack?.({ ok: true, data });
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      if (ack) ack({ ok: false, error: error.wire });
      else this.tell(connection, "session:fault", { event: name, error: error.wire });
    }
  }

  #answer(connection: Connection, name: string, payload: Payload, meta: ClientMeta): unknown {
    switch (name) {
      case "room:join":
        return this.#join(connection, payload);
      case "room:leave":
        this.#leave(connection, payload.room);
        connection.rooms.delete(payload.room);
        return { room: payload.room };
      case "presence:watch":
        for (const user of payload.users) connection.watched.add(user);
        return { users: payload.users.map((user) => this.presences.get(user) ?? { user, status: "offline" }) };
      case "presence:unwatch":
        for (const user of payload.users) connection.watched.delete(user);
        return {};
      case "presence:set":
        this.#present(connection.user, payload.status, payload.info);
        return { version: 1 };
      case "session:refresh":
        return { expiresAt: new Date(this.#clockMs() + Number(payload.token.split(":")[1] ?? 600_000)).toISOString() };
      case "inbox:sync":
        return this.#inbox(connection.user).sync(payload as object);
      case "inbox:ack":
        return this.#inboxMarked(connection.user, this.#inbox(connection.user).acknowledge(payload));
      case "inbox:read":
        return this.#inboxMarked(connection.user, this.#inbox(connection.user).mark(payload, true), payload);
      case "inbox:unread":
        return this.#inboxMarked(connection.user, this.#inbox(connection.user).mark(payload, false));
    }
    if (payload?.room === undefined) return payload; // a command: the backend here is an echo
    if (!connection.rooms.has(payload.room)) throw new Refusal("NOT_A_MEMBER");
    return this.#roomRequest(connection, name, payload, meta);
  }

  #roomRequest(connection: Connection, name: string, payload: Payload, meta: ClientMeta): unknown {
    const room = this.room(payload.room);
    switch (name) {
      case "room:members":
        return room.membersPage(payload.cursor);
      case "state:get":
        return room.statePage(payload.cursor);
      case "room:history":
        return room.historyPage(payload.after ?? 0);
      case "room:update":
        this.send(room.room, room.apply({ kind: "update", user: connection.user, info: payload.info ?? 0 }));
        return { version: room.rosterVersion };
      case "state:patch":
        return this.#patch(connection, room, payload.ops);
    }
    const from = { user: connection.user, session: connection.session };
    const more = { room: room.room, from, ...(meta?.id !== undefined && { re: meta.id }) };
    if (name.startsWith("chat:")) {
      const event = room.say(name, payload.data, more);
      this.send(room.room, event);
      return { id: event[2].id, ts: event[2].ts, seq: event[2].seq };
    }
    const event: EventTriple = [name, payload.data, { id: this.#id(), ts: "", ...more }];
    this.send(room.room, event, connection);
    return { id: event[2].id, ts: "" };
  }

  #join(connection: Connection, { room: id, info, have }: Payload): unknown {
    const room = this.room(id);
    const known = room.rosters.at(-1)!.has(connection.user);
    if (!known || info !== undefined) {
      this.send(id, room.apply({ kind: known ? "update" : "join", user: connection.user, info: info ?? 0 }));
    }
    connection.rooms.add(id);
    return room.ack(have);
  }

  #leave(connection: Connection, id: string): void {
    const others = this.of(connection.user).some((other) => other !== connection && other.rooms.has(id));
    if (!others) this.send(id, this.room(id).apply({ kind: "leave", user: connection.user }), connection);
  }

  #patch(connection: Connection, room: ModelRoom, ops: StateOp[]): unknown {
    const state = room.states.at(-1)!;
    ops.forEach((op, index) => {
      const entry = state.get(op.key);
      const condition = "if" in op ? op.if : undefined;
      const holds = !condition || ("absent" in condition ? !entry : entry?.version === condition.version);
      if (!holds) throw new Refusal("CONFLICT", { details: { op: index, version: entry?.version } });
    });
    this.send(room.room, room.patch(ops, connection.user));
    return { epoch: room.epoch, version: room.stateVersion };
  }

  #inbox(user: string): ModelInbox {
    const inbox = this.inboxes.get(user) ?? new ModelInbox();
    this.inboxes.set(user, inbox);
    return inbox;
  }

  /** An answer to one device, the change to all. */
  #inboxMarked(user: string, marks: InboxState, read?: object): InboxState {
    for (const device of this.of(user)) this.tell(device, "inbox:changed", { ...marks, ...(read && { read }) });
    return marks;
  }

  #present(user: string, status: UserPresence["status"], info: unknown): void {
    const before = this.presences.get(user);
    const version = (before?.version ?? 0) + 1;
    const now: UserPresence =
      status === "offline"
        ? { user, status }
        : { user, status, epoch: before?.epoch ?? "c0.1", version, ...(info !== undefined && { info }) };
    this.presences.set(user, now);
    for (const connection of this.connections) {
      if (connection.watched.has(user)) this.tell(connection, "presence:changed", { changes: [now] });
    }
  }

  #id(): string {
    return `m${++this.#ids}`;
  }
}
