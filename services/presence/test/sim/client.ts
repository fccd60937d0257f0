/** A stock client: connects, joins what it wants, comes back when its transport goes, says goodbye when told to. */

import type { SessionRef } from "@rollcall/contracts/internal";
import type { Random } from "@rollcall/runtime";
import type { Scheduler } from "./scheduler.ts";

/** Ping interval and timeout: how long a dead peer goes unnoticed. */
const PING_BOUND_MS = 11_000;
/** Nobody comes back sooner. */
export const RETURN_LEAST_MS = 500;
const LOOK_MS = 500;
const MOST_ROOMS = 3;

/** An edge as its clients know it. */
export interface Door {
  /** Of its present life. */
  readonly id: string;
  readonly running: boolean;
  readonly pausedAtMs: number | undefined;
  /** Now, or when it runs again. */
  receive(run: () => void): void;
  connect(client: Client, ref: SessionRef): void;
  join(client: Client, ref: SessionRef, room: string): void;
  leave(client: Client, ref: SessionRef, room: string): void;
  closed(client: Client, ref: SessionRef, how: "lost" | "leave", answered?: () => void): void;
  /** Its peer is gone, and nobody told. */
  closedLater(client: Client, ref: SessionRef, afterMs: number): void;
}

export interface ClientWorld {
  scheduler: Scheduler;
  random: Random;
  /** Undefined when none takes connections: no edge runs, or Redis is away (503). */
  pickEdge(): Door | undefined;
  broken(what: string): void;
}

export class Client {
  readonly ref: SessionRef;
  readonly #world: ClientWorld;
  readonly #rooms = new Set<string>();
  edge: Door | undefined;
  /** Wants to be connected. */
  wanted = false;
  /** `session:ready` came. */
  ready_ = false;
  connectedMs = 0;
  /** Until when it had a socket that presence knew. */
  presentMs = Number.NEGATIVE_INFINITY;
  /** It told presence goodbye and has not connected since. */
  said = true;
  /** Goodbyes that presence has not answered: it may hear of them late. */
  leaving = 0;
  /** A word about an earlier socket came so late that it passed for a later one: nobody can tell (G5). */
  overtaken = false;
  #isForgotten = false;
  #attempt = 0;
  #goneMs = Number.NEGATIVE_INFINITY;

  constructor(world: ClientWorld, ref: SessionRef) {
    this.#world = world;
    this.ref = ref;
  }

  get connected(): boolean {
    return this.edge?.running === true;
  }
  get rooms(): ReadonlySet<string> {
    return this.#rooms;
  }
  wants(room: string): boolean {
    return this.wanted && this.#rooms.has(room);
  }

  start(): void {
    const waits = this.wanted;
    this.wanted = true;
    if (this.edge !== undefined || waits) return;
    this.#connect(Math.max(0, this.#goneMs + RETURN_LEAST_MS - this.#world.scheduler.nowMs));
  }

  /** A DISCONNECT packet: no grace. */
  goodbye(): void {
    const { edge } = this;
    if (!this.wanted || edge?.running !== true) return;
    this.wanted = false;
    this.said = true;
    this.#rooms.clear();
    this.#gone();
    this.presentMs = Number.NEGATIVE_INFINITY;
    this.leaving++;
    edge.receive(() => edge.closed(this, this.ref, "leave", () => this.leaving--));
  }

  /** The transport goes, seen by both (FIN) or by the client alone (half-open); it comes back, or stays away. */
  cut({ halfOpen, comesBack }: { halfOpen: boolean; comesBack: boolean }): void {
    const { edge } = this;
    if (edge === undefined) return;
    this.#gone();
    this.wanted = comesBack;
    if (!comesBack) this.#rooms.clear();
    if (halfOpen) edge.closedLater(this, this.ref, PING_BOUND_MS);
    else edge.receive(() => edge.closed(this, this.ref, "lost"));
    if (comesBack) this.#connect(this.#retryMs());
  }

  join(room: string): void {
    if (!this.wanted || this.#rooms.size >= MOST_ROOMS) return;
    this.#rooms.add(room);
    const { edge } = this;
    if (this.ready_) edge?.receive(() => edge.join(this, this.ref, room));
  }
  leave(room: string): void {
    if (!this.#rooms.delete(room)) return;
    const { edge } = this;
    if (this.ready_) edge?.receive(() => edge.leave(this, this.ref, room));
  }

  /** `session:ready`: whatever it wants is joined again. */
  ready(edge: Door): void {
    if (this.edge !== edge) return;
    this.ready_ = true;
    for (const room of this.#rooms) edge.join(this, this.ref, room);
  }

  /** The store began anew: only an edge that runs can say that it is here. */
  forgotten(): void {
    if (this.connected) return;
    this.presentMs = Number.NEGATIVE_INFINITY;
    this.#isForgotten = true;
  }

  /** Its edge's process ended, or closed the transport. */
  lost(edge: Door): void {
    if (this.edge !== edge) return;
    this.#gone();
    if (this.wanted) this.#connect(this.#retryMs());
  }

  /** A stock client does not return after this, so it must never hit the socket in use. */
  replaced(edge: Door): void {
    if (this.edge !== edge) return;
    if (!this.overtaken) this.#world.broken(`P2: the live socket of ${this.ref.user} was replaced`);
    this.lost(edge);
  }

  #gone(): void {
    // Of a socket it has not heard of, and of an edge that stopped, presence can know no more than what was before.
    if (this.ready_ && !this.#isForgotten) this.presentMs = this.edge?.pausedAtMs ?? this.#world.scheduler.nowMs;
    this.#goneMs = this.#world.scheduler.nowMs;
    this.edge = undefined;
    this.ready_ = false;
  }

  #retryMs(): number {
    return RETURN_LEAST_MS + this.#world.random.float() * 1_000;
  }

  #connect(ms: number): void {
    const { scheduler, random } = this.#world;
    const attempt = ++this.#attempt;
    scheduler.after(ms, () => {
      if (attempt !== this.#attempt || !this.wanted || this.edge !== undefined) return;
      const edge = this.#world.pickEdge();
      if (edge === undefined) return this.#connect(1_000 + random.float() * 2_000);
      this.edge = edge;
      this.connectedMs = scheduler.nowMs;
      this.said = false;
      this.#isForgotten = false;
      this.overtaken = false;
      edge.connect(this, this.ref);
      this.#watch(edge, this.connectedMs);
    });
  }

  /** Pings: an edge that stopped is noticed within the bound. */
  #watch(edge: Door, connectedMs: number): void {
    const { scheduler } = this.#world;
    let silentSince: number | undefined;
    const look = () => {
      if (this.edge !== edge || this.connectedMs !== connectedMs) return;
      silentSince = edge.running ? undefined : (silentSince ?? scheduler.nowMs);
      if (silentSince === undefined || scheduler.nowMs - silentSince < PING_BOUND_MS) {
        scheduler.after(LOOK_MS, look);
        return;
      }
      this.lost(edge);
      edge.receive(() => edge.closed(this, this.ref, "lost")); // its FIN, read when the edge runs again
    };
    look();
  }
}
