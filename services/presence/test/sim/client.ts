/** A stock client: connects, joins what it wants, comes back when its transport goes, says goodbye when told to. */

import type { SessionRef } from "@rollcall/contracts/internal";
import type { Edge } from "./edge.ts";
import type { SimWorld } from "./world.ts";

/** Ping interval and timeout: how long a dead peer goes unnoticed. */
export const PING_BOUND_MS = 11_000;

export class Client {
  readonly ref: SessionRef;
  readonly #world: SimWorld;
  readonly #rooms = new Set<string>();
  edge: Edge | undefined;
  /** Wants to be connected. */
  wanted = false;
  /** Until when it certainly had a socket, or was promised its grace. */
  presentMs = Number.NEGATIVE_INFINITY;
  /** It told presence goodbye and has not connected since. */
  said = true;
  /** An `open` of a socket it has left was on its way: it may take the session back for a moment. */
  overtaken = false;
  #attempt = 0;
  #isReady = false;

  constructor(world: SimWorld, ref: SessionRef) {
    this.#world = world;
    this.ref = ref;
  }

  get connected(): boolean {
    return this.edge?.running === true;
  }
  get ready_(): boolean {
    return this.#isReady;
  }
  wants(room: string): boolean {
    return this.wanted && this.#rooms.has(room);
  }
  get rooms(): ReadonlySet<string> {
    return this.#rooms;
  }

  start(): void {
    if (this.wanted) return;
    this.wanted = true;
    this.#connect(0);
  }

  /** A DISCONNECT packet: no grace. */
  goodbye(): void {
    if (!this.wanted || this.edge === undefined || !this.connected) return;
    this.wanted = false;
    this.said = true;
    this.#rooms.clear();
    const { edge } = this;
    this.edge = undefined;
    this.#isReady = false;
    edge.receive(() => edge.closed(this, this.ref, "leave"));
  }

  /** The transport goes, seen by both (FIN) or by the client alone (half-open); it comes back, or stays away. */
  cut(options: { halfOpen: boolean; comesBack: boolean }): void {
    const { edge } = this;
    if (edge === undefined) return;
    this.#gone();
    this.wanted = options.comesBack;
    if (!options.comesBack) this.#rooms.clear();
    const noticed = () => edge.receive(() => edge.closed(this, this.ref, "lost"));
    if (options.halfOpen) {
      const socket = edge.sockets.get(`${this.ref.user} ${this.ref.session}`);
      this.#world.scheduler.after(PING_BOUND_MS, () => {
        if (edge.sockets.get(`${this.ref.user} ${this.ref.session}`) === socket) noticed();
      });
    } else noticed();
    if (options.comesBack) this.#connect(500 + this.#world.random.float() * 1_000);
  }

  join(room: string): void {
    if (!this.wanted || this.#rooms.size > 2) return;
    this.#rooms.add(room);
    const { edge } = this;
    if (this.#isReady) edge?.receive(() => edge.join(this, this.ref, room));
  }
  leave(room: string): void {
    if (!this.#rooms.delete(room)) return;
    const { edge } = this;
    if (this.#isReady) edge?.receive(() => edge.leave(this, this.ref, room));
  }

  /** `session:ready`: whatever it wants is joined again. */
  ready(edge: Edge): void {
    if (this.edge !== edge) return;
    this.#isReady = true;
    for (const room of this.#rooms) edge.join(this, this.ref, room);
  }

  /** Its edge's process ended. */
  lost(edge: Edge): void {
    if (this.edge !== edge) return;
    this.#gone();
    if (this.wanted) this.#connect(500 + this.#world.random.float() * 1_000);
  }

  /** A stock client does not return after this, so it must never hit the socket in use. */
  replaced(edge: Edge): void {
    if (this.edge !== edge) return;
    if (!this.overtaken) this.#world.broken(`P2: the live socket of ${this.ref.user} was replaced`);
    this.#gone();
    if (this.wanted) this.#connect(1_000);
  }

  #gone(): void {
    const socket = this.edge?.sockets.get(`${this.ref.user} ${this.ref.session}`);
    if (socket?.opening !== undefined) this.overtaken = true;
    // Of an edge that stopped, presence can know no more than that it fell silent.
    this.presentMs = this.edge?.pausedAtMs ?? this.#world.scheduler.nowMs;
    this.edge = undefined;
    this.#isReady = false;
  }

  #connect(ms: number): void {
    const attempt = ++this.#attempt;
    this.#world.scheduler.after(ms, () => {
      if (attempt !== this.#attempt || !this.wanted || this.edge !== undefined) return;
      const edge = this.#world.pickEdge();
      // No edge, or one that refuses (503) while Redis is away: backs off.
      if (edge === undefined || !this.#world.redis.up) return this.#connect(1_000 + this.#world.random.float() * 2_000);
      this.edge = edge;
      this.said = false;
      edge.connect(this, this.ref);
      this.#watch(edge);
    });
  }

  /** Pings: an edge that stopped is noticed within the bound. */
  #watch(edge: Edge): void {
    let silentSince: number | undefined;
    const look = () => {
      if (this.edge !== edge) return;
      if (edge.running) silentSince = undefined;
      else silentSince ??= this.#world.scheduler.nowMs;
      if (silentSince !== undefined && this.#world.scheduler.nowMs - silentSince >= PING_BOUND_MS) {
        this.lost(edge);
        edge.receive(() => edge.closed(this, this.ref, "lost")); // its FIN, read when the edge runs again
        return;
      }
      this.#world.scheduler.after(500, look);
    };
    look();
  }
}
