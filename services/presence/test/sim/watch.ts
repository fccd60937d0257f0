/** What must hold of every commit, whatever befalls the world: as the lane, the log, the backends and the clients see it. */

import type { Cell, Room, Told } from "../../src/core/cell.ts";
import { GAP_STEP_MS } from "../../src/core/clock.ts";
import type { Client } from "./client.ts";
import { type Commit, SIM_BOUNDS } from "./redis.ts";
import { RosterReader } from "./roster-reader.ts";
import type { Scheduler } from "./scheduler.ts";

export interface WatchedWorld {
  readonly scheduler: Scheduler;
  readonly clients: readonly Client[];
  broken(what: string): void;
}

export class Watch {
  readonly #world: WatchedWorld;
  readonly #readers = new Map<string, RosterReader>();
  /** Last applied number, by edge id. */
  readonly #lanes = new Map<string, number>();
  readonly #online = new Set<string>();
  readonly #versions = new Map<string, [epoch: number, birth: number, version: number]>();
  toldEpoch = 0;

  constructor(world: WatchedWorld) {
    this.#world = world;
  }

  committed({ before, event, step }: Commit): void {
    const { state, transitions, outcome } = step;
    if (event.type === "op" && outcome.type === "op" && outcome.status === "OK") {
      if (outcome.result.kind !== "repeat" && outcome.result.kind !== "gap") this.#applied(event.edge, event.op.n);
    }
    for (const told of transitions) if (told.to === "backends") this.#toBackends(told);
    if (state.users !== before.users || state.rooms !== before.rooms) this.rosters(state);
    if (state.rooms !== before.rooms || state.resync !== before.resync) this.#readers_(state, transitions);
  }

  /** The store is another one: who was online in it is not known. */
  rewound(): void {
    this.#online.clear();
    for (const client of this.#world.clients) client.forgotten();
  }

  /** P11: operations of a lane apply once each and in order. */
  #applied(edge: string, n: number): void {
    const last = this.#lanes.get(edge) ?? 0;
    if (n !== last + 1) this.#world.broken(`P11: ${edge} applied ${n} after ${last}`);
    this.#lanes.set(edge, n);
  }

  /** P2, P6, P13, as a backend sees them. */
  #toBackends({ kind, user, room, data }: Extract<Told, { to: "backends" }>): void {
    if (kind === "epoch") {
      this.#online.clear();
      this.toldEpoch = Number(data.epoch);
      return;
    }
    const subject = room === "" ? user : `room ${room}`;
    const { epoch, version, reason } = data as { epoch: string; version: number; reason: string };
    const [cell, birth] = epoch.split(".").map(Number) as [number, number];
    const last = this.#versions.get(subject) ?? [0, 0, 0];
    const rises = cell > last[0] || (cell === last[0] && (birth > last[1] || (birth === last[1] && version > last[2])));
    if (!rises) this.#world.broken(`P6: ${subject} went from ${last.join(".")} to ${epoch}.${version}`);
    this.#versions.set(subject, [cell, birth, version]);
    if (kind === "online") {
      if (this.#online.has(user)) this.#world.broken(`P13: ${user} came online twice`);
      this.#online.add(user);
    }
    if (kind === "offline") {
      this.#online.delete(user);
      this.#mayBeOffline(user, reason);
    }
  }

  /** P2, P3: only one whose every client said goodbye, or has been away for its grace. */
  #mayBeOffline(user: string, reason: string): void {
    const { nowMs } = this.#world.scheduler;
    for (const client of this.#world.clients) {
      if (client.ref.user !== user || client.said || client.overtaken) continue;
      if (reason === "leave" && client.leaving > 0) continue;
      if (client.edge !== undefined) {
        if (client.ready_ && client.connected) this.#world.broken(`P2: ${user} offline (${reason}) while connected`);
        continue;
      }
      const awayMs = nowMs - client.presentMs;
      if (client.wanted && awayMs < SIM_BOUNDS.graceMs - GAP_STEP_MS)
        this.#world.broken(`P3: ${user} offline (${reason}) after ${Math.round(awayMs)} ms`);
    }
  }

  /** P5: rosters are the users with a session in the room. */
  rosters({ users, rooms }: Cell): void {
    const expected = new Map<string, number>();
    for (const { tenant, user, sessions } of users.values()) {
      for (const { ns, rooms: memberships } of sessions) {
        for (const { room, observe } of memberships) {
          const key = `${tenant} ${ns} ${room} ${user}`;
          if (!observe) expected.set(key, (expected.get(key) ?? 0) + 1);
        }
      }
    }
    for (const [ref, { roster }] of rooms) {
      for (const [user, { length }] of roster) {
        const key = `${ref} ${user}`;
        if (expected.get(key) !== length) this.#world.broken(`P5: ${key}: ${length} for ${expected.get(key)}`);
        expected.delete(key);
      }
    }
    for (const [key, sessions] of expected) this.#world.broken(`P5: ${key}: none for ${sessions}`);
  }

  /** P7, P8: who folds the diffs as they come holds the roster. */
  #readers_({ epoch, rooms, resync }: Cell, transitions: readonly Told[]): void {
    for (const told of transitions) {
      if (told.to !== "sockets" || !told.packet[0].startsWith("room:")) continue;
      const payload = told.packet[1] as { room: string };
      this.#readers.get(payload.room)?.receive(told.packet[0], payload);
    }
    for (const [ref, room] of rooms) this.#compare(`${epoch}.${room.birth}`, room, resync.has(ref));
  }

  #compare(epoch: string, room: Room, isResyncDue: boolean): void {
    const reader = this.#readers.get(room.room);
    if (reader?.epoch !== epoch || isResyncDue || reader.isStale) {
      this.#readers.set(room.room, new RosterReader(epoch, room, isResyncDue));
      return;
    }
    const difference = reader.differenceFrom(room);
    if (difference !== undefined) this.#world.broken(`P8: room ${room.room}: ${difference}`);
  }
}
