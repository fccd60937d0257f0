/**
 * The ack gate of a room: between a socket's `room:join` and its ack it receives nothing of the room, and what the
 * snapshot does not contain follows the ack, once and in order.
 *
 * G1 from the join on, the room's entries are held for the joiner.
 * G2 at the ack, held entries after the snapshot's position follow; earlier ones are in the snapshot.
 * G3 a reader that is behind the snapshot skips entries up to its position; then the joiner is live.
 * G4 what is held is bounded; beyond the bound the joiner is told to join again.
 */

import { isAfter } from "./position.ts";

/** What the gate needs of a log entry. */
export interface Held {
  position: { id: string };
  packetJson: string;
}

export interface Joiner<M, E extends Held> {
  readonly member: M;
  /** The delivery target, with its namespace. */
  readonly key: string;
  held: E[];
  heldBytes: number;
  /** G4: something had to go. */
  lost: boolean;
  /** After the ack: the snapshot's position, until the reader has passed it. */
  admittedAt: string | undefined;
}

export interface Admission<E> {
  /** To be sent right after the ack. */
  follow: E[];
  /** The joiner takes part in deliveries from now on; else {@link AckGate.pass} will say when. */
  live: boolean;
  lost: boolean;
}

const MAX_HELD_ENTRIES = 256;
const MAX_HELD_BYTES = 256 * 1024;

export class AckGate<M, E extends Held> {
  readonly #joiners = new Map<string, Set<Joiner<M, E>>>();

  /** Nothing is held for anybody: the usual case, and cheap to ask for. */
  get idle(): boolean {
    return this.#joiners.size === 0;
  }

  /** Rooms somebody waits for. */
  get size(): number {
    return this.#joiners.size;
  }

  /** Does somebody wait for entries of `key`? */
  isAwaited(key: string): boolean {
    return this.#joiners.has(key);
  }

  open(key: string, member: M): Joiner<M, E> {
    const joiner: Joiner<M, E> = { member, key, held: [], heldBytes: 0, lost: false, admittedAt: undefined };
    const joiners = this.#joiners.get(key);
    if (joiners === undefined) this.#joiners.set(key, new Set([joiner]));
    else joiners.add(joiner);
    return joiner;
  }

  /** Before an entry for `key` is delivered: holds it where needed; returns who is live from this entry on. */
  offer(key: string, entry: E, isExcepted: (member: M) => boolean): M[] {
    const live: M[] = [];
    for (const joiner of this.#joiners.get(key) ?? []) {
      if (joiner.admittedAt === undefined) {
        if (!isExcepted(joiner.member)) hold(joiner, entry);
      } else if (isAfter(entry.position.id, joiner.admittedAt)) {
        this.close(joiner);
        live.push(joiner.member);
      }
    }
    return live;
  }

  /** The snapshot was taken at `position`; the reader is at `reader`. Call when the ack has been sent. */
  admit(joiner: Joiner<M, E>, position: string, reader: string | undefined): Admission<E> {
    const follow = joiner.held.filter((entry) => isAfter(entry.position.id, position));
    const { lost } = joiner;
    joiner.held = [];
    const live = reader !== undefined && !isAfter(position, reader);
    if (live) this.close(joiner);
    else joiner.admittedAt = position;
    return { follow, live, lost };
  }

  /** The reader has come to `reader` without an entry for them: returns who is live now. */
  pass(reader: string): { key: string; member: M }[] {
    const live: { key: string; member: M }[] = [];
    for (const joiners of this.#joiners.values()) {
      for (const joiner of joiners) {
        if (joiner.admittedAt === undefined || isAfter(joiner.admittedAt, reader)) continue;
        this.close(joiner);
        live.push({ key: joiner.key, member: joiner.member });
      }
    }
    return live;
  }

  /** The join failed, the member left, or is live. Idempotent. */
  close(joiner: Joiner<M, E>): void {
    const joiners = this.#joiners.get(joiner.key);
    if (joiners?.delete(joiner) && joiners.size === 0) this.#joiners.delete(joiner.key);
  }

  /** Whatever is held for this member, in any room. */
  drop(member: M): void {
    for (const key of this.#joiners.keys()) this.leave(key, member);
  }

  leave(key: string, member: M): void {
    for (const joiner of this.#joiners.get(key) ?? []) if (joiner.member === member) this.close(joiner);
  }

  /** The log began anew: positions of before mean nothing any more. Returns who is live now. */
  rewind(): { key: string; member: M }[] {
    const live: { key: string; member: M }[] = [];
    for (const joiners of this.#joiners.values()) {
      for (const joiner of joiners) {
        joiner.lost = true;
        if (joiner.admittedAt === undefined) continue;
        this.close(joiner);
        live.push({ key: joiner.key, member: joiner.member });
      }
    }
    return live;
  }
}

function hold<M, E extends Held>(joiner: Joiner<M, E>, entry: E): void {
  if (joiner.lost) return;
  joiner.held.push(entry);
  joiner.heldBytes += entry.packetJson.length;
  if (joiner.held.length > MAX_HELD_ENTRIES || joiner.heldBytes > MAX_HELD_BYTES) {
    joiner.lost = true;
    joiner.held = [];
  }
}
