/**
 * Telling clients that something may have been missed: `room:resync` once to each room with members here,
 * `presence:resync` to each session that watches. Spread, so that their return is no storm.
 */

import type { Delivery } from "@rollcall/fanout";
import type { Clock } from "@rollcall/runtime";
import type { Registry } from "../clients/registry.ts";
import type { Session } from "../clients/session.ts";
import type { Door } from "./door.ts";
import type { WatchHub } from "./watch-hub.ts";

export type ResyncReason = "gap" | "rewind" | "repair" | "overflow" | "slow";
type Stream = "roster" | "state" | "history";
const ALL: Stream[] = ["roster", "state", "history"];

/** Clients come back over so long: 10,000 of them are 2,000 joins a second. */
const SPREAD_MS = 5_000;
const ROOMS_PER_TURN = 200;

export const resyncOf = (room: string, reason: ResyncReason, spreadMs = 0) => ({
  room,
  streams: ALL,
  reason,
  spreadMs,
});

export interface ResyncOptions {
  registry: Registry;
  delivery: Delivery;
  door: Door;
  hub: WatchHub<Session>;
  clock: Clock;
}

export class Resync {
  readonly #options: ResyncOptions;
  readonly #rooms = new Map<string, { namespace: string; target: string; room: string; reason: ResyncReason }>();
  #planned = false;

  constructor(options: ResyncOptions) {
    this.#options = options;
  }

  /** Every room and every watcher here. Asked again before it has been done, it is done once. */
  everything(reason: ResyncReason): void {
    for (const session of this.#options.registry.all()) {
      const { namespace } = session.ref;
      for (const room of session.rooms.keys()) {
        const target = session.roomTarget(room);
        this.#rooms.set(`${namespace} ${target}`, { namespace, target, room, reason });
      }
      if (session.watched !== undefined && session.watched.size > 0) this.watches(session, reason);
    }
    this.#plan();
  }

  /** One session, in all its rooms: it was told less than others. */
  rooms(session: Session, reason: ResyncReason): void {
    for (const room of session.rooms.keys()) {
      this.#options.door.emit(session, "room:resync", resyncOf(room, reason), { room });
    }
  }

  /** The client forgets whom it watches and says it again; so does the edge. */
  watches(session: Session, reason: ResyncReason): void {
    this.#options.hub.drop(session.ref.tenant, session.watched ?? [], session);
    session.watched = undefined;
    this.#options.door.emit(session, "presence:resync", { reason, spreadMs: SPREAD_MS });
  }

  #plan(): void {
    if (this.#planned || this.#rooms.size === 0) return;
    this.#planned = true;
    this.#options.clock.immediate(() => {
      this.#planned = false;
      this.#turn();
      this.#plan();
    });
  }

  #turn(): void {
    const { delivery, door } = this.#options;
    let left = ROOMS_PER_TURN;
    for (const [key, { room, reason, ...at }] of this.#rooms) {
      if (left-- === 0) break;
      this.#rooms.delete(key);
      door.broadcast(at, "room:resync", resyncOf(room, reason, SPREAD_MS), { room });
    }
    delivery.flush();
  }
}
