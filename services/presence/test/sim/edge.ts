/** An edge as far as presence is concerned: sockets, the lane, the lease, the digest, assertion, zombies. */

import {
  type ControlMessage,
  type Digest,
  digestHashes,
  digestItem,
  type LaneOp,
  type SessionRef,
} from "@rollcall/contracts/internal";
import type { Random } from "@rollcall/runtime";
import type { Client } from "./client.ts";
import type { Scheduler } from "./scheduler.ts";
import type { Answer, Nats, Replica } from "./servers.ts";

const RENEW_MS = 2_000;
const DIGEST_MS = 30_000;
const TIMEOUT_MS = 1_000;
const GRACE_MS = 10_000;
const RULES = { retainMs: 20_000 };

type OpBody = LaneOp extends infer O ? (O extends unknown ? Omit<O, "n" | "incarnation"> : never) : never;
type Result = Answer["results"][number] | undefined;

interface Item {
  body: OpBody;
  done: (result: Result) => void;
}

/** `opening`: its `open`, until it is answered. */
export interface Socket {
  client: Client;
  ref: SessionRef;
  incarnation: number;
  /** Rooms joined on this socket. */
  rooms: Set<string>;
  open: boolean;
  opening: Item | undefined;
}

interface Held {
  ref: SessionRef;
  incarnation: number;
  rooms: Set<string>;
}

export interface EdgeWorld {
  scheduler: Scheduler;
  random: Random;
  nats: Nats;
  replica(): Replica | undefined;
}

const keyOf = (ref: SessionRef): string => `${ref.user} ${ref.session}`;

export class Edge {
  readonly name: string;
  id: string;
  alive = true;
  pausedAtMs: number | undefined;
  readonly sockets = new Map<string, Socket>();
  readonly #world: EdgeWorld;
  readonly #held = new Map<string, Held>();
  #lives = 0;
  #greeted = false;
  #n = 1;
  #queue: Item[] = [];
  #flight: { items: Item[]; ops: LaneOp[] } | undefined;
  #flights = 0;
  #assertWanted = false;
  #digestWanted = false;
  /** What came while it was stopped. */
  readonly #mail: (() => void)[] = [];

  constructor(world: EdgeWorld, name: string) {
    this.#world = world;
    this.name = name;
    this.id = this.#freshId();
    this.#hello();
    this.#every(RENEW_MS, () => this.#renew());
    this.#every(DIGEST_MS * (0.75 + world.random.float() / 2), () => {
      this.#digestWanted = true;
      this.#pump();
    });
  }

  get paused(): boolean {
    return this.pausedAtMs !== undefined;
  }
  get running(): boolean {
    return this.alive && !this.paused;
  }

  kill(): void {
    this.alive = false;
    for (const socket of this.sockets.values()) socket.client.lost(this);
  }
  pause(): void {
    this.pausedAtMs ??= this.#world.scheduler.nowMs;
  }
  resume(): void {
    this.pausedAtMs = undefined;
    for (const run of this.#mail.splice(0)) run();
  }
  /** Now, or when it runs again. */
  receive(run: () => void): void {
    if (!this.alive) return;
    if (this.paused) this.#mail.push(run);
    else run();
  }

  connect(client: Client, ref: SessionRef): void {
    const key = keyOf(ref);
    const socket: Socket = { client, ref, incarnation: 0, rooms: new Set(), open: true, opening: undefined };
    const before = this.sockets.get(key);
    if (before !== undefined) before.open = false;
    this.sockets.set(key, socket);
    socket.opening = this.#submit({ op: "open", ref, issuedAtMs: 0, expiresAtMs: 0 }, (result) => {
      socket.opening = undefined;
      if (result?.kind !== "open") {
        if (!socket.open) return;
        this.#drop(socket); // closes the transport
        client.lost(this);
        return;
      }
      socket.incarnation = result.incarnation;
      if (this.sockets.get(key) !== socket || !socket.open) return;
      client.ready(this);
      this.#world.scheduler.after(GRACE_MS, () => this.receive(() => this.#leaveHeld(key, socket)));
    });
  }

  /** The socket went: by FIN, by ping timeout, or by the client's goodbye. */
  closed(client: Client, ref: SessionRef, how: "lost" | "leave"): void {
    const key = keyOf(ref);
    const socket = this.sockets.get(key);
    if (socket?.client !== client || !socket.open) return;
    this.#drop(socket);
    this.#cancel(socket);
    this.#submit({ op: "close", ref, how }, () => {}); // an earlier socket's session may still be open here
  }

  /** An `open` that waits must not take the session from where its client has gone meanwhile. */
  #cancel({ client, opening }: Socket): void {
    if (opening === undefined) return;
    if (this.#queue.includes(opening)) this.#queue = this.#queue.filter((item) => item !== opening);
    // In flight, it may. Nothing can tell presence, while it is away, which socket is the newer one.
    else client.overtaken = true;
  }

  join(client: Client, ref: SessionRef, room: string): void {
    const socket = this.sockets.get(keyOf(ref));
    if (socket?.client !== client) return;
    this.#submit({ op: "join", ref, room, rules: RULES, observe: false }, (result) => {
      if (result?.kind === "join" || result?.kind === "repeat") socket.rooms.add(room);
      else if (socket.open) this.#world.scheduler.after(500, () => this.receive(() => this.#again(client, ref, room)));
    });
  }
  #again(client: Client, ref: SessionRef, room: string): void {
    if (client.wants(room)) this.join(client, ref, room);
  }

  leave(client: Client, ref: SessionRef, room: string): void {
    const socket = this.sockets.get(keyOf(ref));
    if (socket?.client !== client) return;
    socket.rooms.delete(room);
    this.#submit({ op: "leave", ref, room, reason: "leave" }, () => {});
  }

  control(message: ControlMessage): void {
    if (message.kind === "epoch") this.#renew();
    if (message.kind !== "replaced") return;
    const socket = this.sockets.get(keyOf(message.ref));
    if (socket === undefined || socket.incarnation >= message.incarnation || socket.incarnation === 0) return;
    this.#replace(socket);
  }

  #replace(socket: Socket): void {
    this.#drop(socket);
    socket.client.replaced(this);
  }

  #drop(socket: Socket): void {
    socket.open = false;
    const key = keyOf(socket.ref);
    if (this.sockets.get(key) === socket) this.sockets.delete(key);
  }

  /** Memberships of a resumed session that nobody joined again. */
  #leaveHeld(key: string, socket: Socket): void {
    if (this.sockets.get(key) !== socket) return;
    for (const room of this.#held.get(key)?.rooms ?? []) {
      if (socket.rooms.has(room) || socket.client.wants(room)) continue;
      this.#submit({ op: "leave", ref: socket.ref, room, reason: "lost" }, () => {});
    }
  }

  #freshId(): string {
    return `${this.name}-${++this.#lives}`;
  }

  #every(ms: number, run: () => void): void {
    this.#world.scheduler.after(ms, () => {
      if (!this.alive) return;
      if (!this.paused) run();
      this.#every(ms, run);
    });
  }

  /** A request over NATS: an answer, or nothing. */
  #request<T>(ask: (replica: Replica, done: (answer: T | undefined) => void) => void, done: (answer: T) => void): void {
    const { nats } = this.#world;
    nats.send(() => {
      const replica = this.#world.replica();
      if (replica === undefined) return;
      ask(replica, (answer) => {
        if (answer !== undefined) nats.send(() => this.receive(() => done(answer)));
      });
    });
  }

  #hello(): void {
    const { id } = this;
    if (!this.running || this.#greeted) return;
    this.#request<boolean>(
      (replica, done) =>
        replica.ask({ type: "hello", edge: id }, (step) => done(step === undefined ? undefined : true)),
      () => {
        if (id !== this.id) return;
        this.#greeted = true;
        this.#pump();
      },
    );
    this.#world.scheduler.after(TIMEOUT_MS, () => this.receive(() => this.#hello()));
  }

  #renew(): void {
    const { id } = this;
    if (!this.#greeted) return;
    this.#request<string>(
      (replica, done) =>
        replica.ask({ type: "lease", edge: id }, (step) => {
          done(step?.outcome.type === "lease" ? step.outcome.status : undefined);
        }),
      (status) => {
        if (status === "UNKNOWN_EDGE" && id === this.id) this.#newLife();
      },
    );
  }

  #newLife(): void {
    const again = (this.#flight?.items ?? []).filter(({ body }) => body.op !== "assert" && body.op !== "digest");
    this.#queue = [...again, ...this.#queue.filter(({ body }) => body.op !== "assert" && body.op !== "digest")];
    this.#flight = undefined;
    this.id = this.#freshId();
    this.#n = 1;
    this.#greeted = false;
    this.#assertWanted = true;
    this.#hello();
  }

  #submit(body: OpBody, done: Item["done"]): Item {
    const item = { body, done };
    this.#queue.push(item);
    this.#world.scheduler.after(0, () => this.receive(() => this.#pump()));
    return item;
  }

  #pump(): void {
    if (!this.running || !this.#greeted || this.#flight !== undefined) return;
    if (this.#assertWanted) {
      this.#assertWanted = false;
      this.#digestWanted = false;
      this.#queue.unshift(this.#assertion());
    } else if (this.#digestWanted) {
      this.#digestWanted = false;
      this.#queue.unshift({ body: { op: "digest", digest: this.#digest() }, done: (result) => this.#compared(result) });
    }
    const items: Item[] = [];
    const ops: LaneOp[] = [];
    const opened = new Set<string>();
    while (this.#queue.length > 0 && items.length < 20) {
      const item = this.#queue[0]!;
      const { body } = item;
      if (items.at(-1)?.body.op === "assert") break;
      if ("ref" in body) {
        const key = keyOf(body.ref);
        if (opened.has(key)) break;
        if (body.op === "open") opened.add(key);
        else {
          const incarnation = this.#held.get(key)?.incarnation;
          if (incarnation === undefined) {
            this.#queue.shift();
            item.done(undefined);
            continue;
          }
          this.#queue.shift();
          items.push(item);
          ops.push({ ...body, incarnation, n: this.#n++ } as LaneOp);
          continue;
        }
      }
      this.#queue.shift();
      items.push(item);
      ops.push({ ...body, n: this.#n++ } as LaneOp);
    }
    if (items.length === 0) return;
    this.#flight = { items, ops };
    this.#send(++this.#flights);
  }

  #send(flight: number): void {
    const { id } = this;
    if (this.#flight === undefined || flight !== this.#flights) return;
    const { ops } = this.#flight;
    this.#request<Answer>(
      (replica, done) => replica.lane(id, ops, done),
      (answer) => {
        if (id !== this.id || flight !== this.#flights || this.#flight === undefined) return;
        this.#answered(answer);
      },
    );
    this.#world.scheduler.after(TIMEOUT_MS, () => this.receive(() => id === this.id && this.#send(flight)));
  }

  #answered(answer: Answer): void {
    if (answer.status === "UNKNOWN_EDGE") {
      this.#newLife();
      return;
    }
    const { items } = this.#flight!;
    this.#flight = undefined;
    for (const [i, item] of items.entries()) {
      const result = answer.results[i]!;
      this.#mirror(item.body, result);
      item.done(result);
    }
    this.#pump();
  }

  #mirror(body: OpBody, result: Answer["results"][number]): void {
    if (body.op === "assert") this.#asserted(body, result);
    if (!("ref" in body)) return;
    const key = keyOf(body.ref);
    if (body.op === "close") this.#held.delete(key);
    else if (result.kind === "open") {
      const rooms = new Set(result.memberships.map(({ room }) => room));
      this.#held.set(key, { ref: body.ref, incarnation: result.incarnation, rooms });
    } else if (result.kind === "error") return;
    else if (body.op === "join") this.#held.get(key)?.rooms.add(body.room);
    else if (body.op === "leave") this.#held.get(key)?.rooms.delete(body.room);
  }

  #assertion(): Item {
    // The truth is the sockets: who is not connected is not asserted.
    const sessions = [...this.sockets].map(([key, { ref, incarnation }]) => {
      const held = this.#held.get(key);
      return {
        ref,
        incarnation: held?.incarnation ?? incarnation,
        issuedAtMs: 0,
        expiresAtMs: 0,
        rooms: [...(held?.rooms ?? [])].map((room) => ({ room, observe: false, rules: RULES })),
      };
    });
    const known = sessions.filter(({ incarnation }) => incarnation > 0);
    const round = `${this.id} ${this.#n}`;
    return { body: { op: "assert", round, sessions: known, last: true }, done: () => {} };
  }

  #asserted(body: Extract<OpBody, { op: "assert" }>, result: Answer["results"][number]): void {
    if (result.kind !== "assert") {
      this.#assertWanted = true;
      return;
    }
    this.#held.clear();
    for (const [i, { ref, rooms }] of body.sessions.entries()) {
      const key = keyOf(ref);
      const incarnation = result.incarnations[i];
      const socket = this.sockets.get(key);
      if (incarnation === undefined) {
        if (socket !== undefined && socket.incarnation > 0) this.#replace(socket);
        continue;
      }
      if (socket !== undefined && socket.incarnation > 0) socket.incarnation = incarnation;
      this.#held.set(key, { ref, incarnation, rooms: new Set(rooms.map(({ room }) => room)) });
    }
  }

  #compared(result: Result): void {
    if (result?.kind === "digest" && !result.equal) this.#assertWanted = true;
  }

  #digest(): Digest {
    const digest = { count: 0, x1: 0, x2: 0 };
    for (const { ref, incarnation, rooms } of this.#held.values()) {
      for (const room of [undefined, ...rooms]) {
        const [a, b] = digestHashes(digestItem(ref, incarnation, room));
        digest.count++;
        digest.x1 = (digest.x1 ^ a) >>> 0;
        digest.x2 = (digest.x2 ^ b) >>> 0;
      }
    }
    return digest;
  }
}
