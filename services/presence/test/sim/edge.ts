/** A simulated edge: sockets and what their clients ask. It may be stopped and go on, or be killed. */

import type { ControlMessage, SessionRef } from "@rollcall/contracts/internal";
import type { OpResult } from "../../src/store.ts";
import type { Client, Door } from "./client.ts";
import { type Held, keyOf, RULES } from "./held.ts";
import { Lane, type LaneProcess, type LaneWorld } from "./lane.ts";
import type { OpBody } from "./op-body.ts";
import { SIM_BOUNDS } from "./redis.ts";

const AGAIN_MS = 500;

interface Socket {
  readonly client: Client;
  readonly ref: SessionRef;
  readonly connectedMs: number;
  /** Rooms joined on this socket. */
  readonly rooms: Set<string>;
  open: boolean;
  /** Presence has answered for it. */
  known: boolean;
}

export class Edge implements LaneProcess, Door {
  readonly name: string;
  readonly lane: Lane;
  alive = true;
  pausedAtMs: number | undefined;
  readonly #world: LaneWorld;
  readonly #sockets = new Map<string, Socket>();
  /** What came while it was stopped. */
  readonly #mail: (() => void)[] = [];

  constructor(world: LaneWorld, name: string) {
    this.#world = world;
    this.name = name;
    this.lane = new Lane(world, this);
  }

  get id(): string {
    return this.lane.id;
  }
  get running(): boolean {
    return this.alive && this.pausedAtMs === undefined;
  }
  get sockets(): number {
    return this.#sockets.size;
  }

  kill(): void {
    this.alive = false;
    this.#mail.length = 0;
    for (const { client } of this.#sockets.values()) client.lost(this);
  }
  pause(): void {
    this.pausedAtMs ??= this.#world.scheduler.nowMs;
  }
  resume(): void {
    this.pausedAtMs = undefined;
    for (const run of this.#mail.splice(0)) run();
  }
  receive(run: () => void): void {
    if (!this.alive) return;
    if (this.pausedAtMs === undefined) run();
    else this.#mail.push(run);
  }

  connect(client: Client, ref: SessionRef): void {
    const key = keyOf(ref);
    const connectedMs = this.#world.scheduler.nowMs;
    const socket: Socket = { client, ref, connectedMs, rooms: new Set(), open: true, known: false };
    const before = this.#sockets.get(key);
    if (before !== undefined) before.open = false;
    this.#sockets.set(key, socket);
    const opening: OpBody = { op: "open", ref, issuedAtMs: 0, expiresAtMs: 0, connectedMs };
    this.lane.submit(opening, (result) => this.#opened(socket, result));
  }

  #opened(socket: Socket, result: OpResult | undefined): void {
    if (!socket.open) return;
    socket.known = true;
    if (result?.kind === "error" && result.code === "CONFLICT") {
      this.#replace(socket);
      return;
    }
    if (result?.kind !== "open") {
      this.lane.held.adopt(socket.ref, socket.connectedMs);
      this.lane.assert();
    }
    socket.client.ready(this);
    this.#world.scheduler.after(SIM_BOUNDS.graceMs, () => this.receive(() => this.#leaveHeld(socket)));
  }

  /** The socket went: by FIN, by ping timeout, or by the client's goodbye. */
  closed(client: Client, ref: SessionRef, how: "lost" | "leave", answered: () => void = () => {}): void {
    const socket = this.#sockets.get(keyOf(ref));
    if (socket?.client !== client || !socket.open) {
      answered();
      return;
    }
    this.#drop(socket);
    this.lane.submit({ op: "close", ref, how }, (result) => {
      answered();
      if (result === undefined) this.lane.held.forget(keyOf(ref)); // it was adopted, and is not asserted after all
    });
  }

  /** The ping timeout of the socket that `client` had here, if it still has it by then. */
  closedLater(client: Client, ref: SessionRef, ms: number): void {
    const socket = this.#sockets.get(keyOf(ref));
    this.#world.scheduler.after(ms, () =>
      this.receive(() => {
        if (this.#sockets.get(keyOf(ref)) === socket) this.closed(client, ref, "lost");
      }),
    );
  }

  join(client: Client, ref: SessionRef, room: string): void {
    const socket = this.#sockets.get(keyOf(ref));
    if (socket?.client !== client) return;
    this.lane.submit({ op: "join", ref, room, rules: RULES, observe: false }, (result) => {
      if (result?.kind === "join" || result?.kind === "repeat") {
        if (client.wants(room)) socket.rooms.add(room); // else its leave is on its way
      } else if (socket.open)
        this.#world.scheduler.after(AGAIN_MS, () => this.receive(() => this.#again(socket, room)));
    });
  }
  #again({ client, ref, open }: Socket, room: string): void {
    if (open && client.wants(room)) this.join(client, ref, room);
  }

  leave(client: Client, ref: SessionRef, room: string): void {
    const socket = this.#sockets.get(keyOf(ref));
    if (socket?.client !== client) return;
    socket.rooms.delete(room);
    this.lane.submit({ op: "leave", ref, room, reason: "leave" });
  }

  reconcile(held: Held): void {
    for (const key of held.keys()) if (!this.#sockets.has(key)) held.forget(key);
    for (const { ref, connectedMs, rooms } of this.#sockets.values()) {
      held.adopt(ref, connectedMs);
      held.keepRooms(ref, (room) => rooms.has(room));
    }
  }

  control(message: ControlMessage): void {
    if (message.kind === "epoch") {
      this.lane.compare();
      return;
    }
    if (message.kind !== "replaced") return;
    const socket = this.#sockets.get(keyOf(message.ref));
    const { incarnation = 0 } = this.lane.held.get(keyOf(message.ref)) ?? {};
    if (socket?.known === true && incarnation < message.incarnation) this.#replace(socket);
  }

  asserted(result: OpResult, { sessions }: Extract<OpBody, { op: "assert" }>): void {
    if (result.kind !== "assert") return;
    for (const [i, { ref }] of sessions.entries()) {
      const socket = this.#sockets.get(keyOf(ref));
      if (result.incarnations[i] === undefined && socket?.known === true) this.#replace(socket);
    }
  }

  #replace(socket: Socket): void {
    this.lane.held.forget(keyOf(socket.ref));
    this.#drop(socket);
    socket.client.replaced(this);
  }

  #drop(socket: Socket): void {
    socket.open = false;
    const key = keyOf(socket.ref);
    if (this.#sockets.get(key) === socket) this.#sockets.delete(key);
  }

  /** Memberships of a resumed session that nobody joined again. */
  #leaveHeld(socket: Socket): void {
    const { ref, client } = socket;
    if (this.#sockets.get(keyOf(ref)) !== socket) return;
    for (const room of this.lane.held.get(keyOf(ref))?.rooms ?? []) {
      if (!socket.rooms.has(room) && !client.wants(room)) {
        this.lane.submit({ op: "leave", ref, room, reason: "lost" });
      }
    }
  }
}
