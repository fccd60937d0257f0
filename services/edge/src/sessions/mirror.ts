/**
 * What presence holds of this edge, as far as its answers tell: every answered operation of the lane applied in order,
 * and nothing else. It fills in incarnations, is what the edge asserts when its record was lost, and is what the digest
 * compares. The truth about sockets is the registry's; the lane's queue is the difference between the two.
 */

import {
  type Digest,
  digestHashes,
  digestItem,
  type LaneData,
  type RoomRules,
  type SessionRef,
} from "@rollcall/contracts/internal";
import { FewMap } from "@rollcall/runtime";
import { type RefKey, refKey } from "../clients/ref.ts";
import type { KeptSession, OpBody } from "./ops.ts";

export interface HeldRoom {
  observe: boolean;
  rules: RoomRules;
  info?: unknown;
  /** Of the token or grant it was joined with last. */
  issuedAtMs?: number;
}

export type SessionFacts = Omit<KeptSession, "ref" | "incarnation" | "rooms">;

interface Held {
  ref: SessionRef;
  /** 0: presence has not opened it yet. */
  incarnation: number;
  facts: SessionFacts;
  rooms: FewMap<string, HeldRoom>;
}

/** Sessions and memberships in one `assert` operation: its script stays within its bound of work. */
export const MAX_ASSERTED_ITEMS = 200;

export class Mirror {
  readonly #held = new Map<RefKey, Held>();
  #count = 0;
  #x1 = 0;
  #x2 = 0;

  get digest(): Digest {
    return { count: this.#count, x1: this.#x1 >>> 0, x2: this.#x2 >>> 0 };
  }

  get size(): number {
    return this.#held.size;
  }

  incarnationOf(key: RefKey): number | undefined {
    return this.#held.get(key)?.incarnation;
  }

  roomsOf(key: RefKey): FewMap<string, HeldRoom> | undefined {
    return this.#held.get(key)?.rooms;
  }

  /** The one way in for answers: what an applied operation changed. `rulesOf` serves rooms that only presence knew. */
  apply(body: OpBody, data: LaneData, rulesOf: (ref: SessionRef, room: string) => RoomRules | undefined): void {
    switch (body.op) {
      case "open": {
        if (data.op !== "open") return;
        const { op: _, ref, mostSessions: __, ...facts } = body;
        const key = refKey(ref);
        const before = this.#held.get(key);
        this.#drop(key);
        const rooms = new FewMap<string, HeldRoom>();
        const observed = new Set(data.observing);
        for (const room of data.rooms) {
          const known = before?.rooms.get(room);
          const rules = known?.rules ?? rulesOf(ref, room);
          rooms.set(room, known ?? { observe: observed.has(room), rules: rules ?? { retainMs: 0 } });
        }
        const presence = facts.presence ?? before?.facts.presence;
        this.#put(key, {
          ref,
          incarnation: data.incarnation,
          facts: { ...facts, ...(presence === undefined ? {} : { presence }) },
          rooms,
        });
        return;
      }
      case "close":
        this.#drop(refKey(body.ref));
        return;
      case "join": {
        const held = this.#held.get(refKey(body.ref));
        if (held === undefined) return;
        const info = body.info === undefined ? held.rooms.get(body.room)?.info : (body.info ?? undefined);
        this.#addRoom(held, body.room, {
          observe: body.observe,
          rules: body.rules,
          ...(info === undefined ? {} : { info }),
          ...(body.issuedAtMs === undefined ? {} : { issuedAtMs: body.issuedAtMs }),
        });
        return;
      }
      case "leave":
        this.#dropRoom(body.ref, body.room);
        return;
      case "set": {
        const held = this.#held.get(refKey(body.ref));
        if (held === undefined) return;
        held.facts.presence = { status: body.status, ...(body.info === undefined ? {} : { info: body.info }) };
        return;
      }
      case "update": {
        const room = this.#held.get(refKey(body.ref))?.rooms.get(body.room);
        if (room !== undefined) room.info = body.info ?? undefined;
        return;
      }
      case "assert":
        if (data.op !== "assert") return;
        for (const { ref, incarnation } of data.incarnations) this.#renumber(refKey(ref), incarnation);
        for (const ref of data.replaced) this.#drop(refKey(ref));
        for (const { ref, room } of data.removed ?? []) this.#dropRoom(ref, room);
        return;
      default:
        return; // patches, relays, digests and goodbyes are not held
    }
  }

  /** A session presence never answered for (its `open` was dropped): the next assertion opens it. */
  adopt(ref: SessionRef, facts: SessionFacts): void {
    const key = refKey(ref);
    const held = this.#held.get(key); // of a socket before it
    if (held === undefined) this.#put(key, { ref, incarnation: 0, facts, rooms: new FewMap() });
    else held.facts = { ...held.facts, ...facts };
  }

  /** Forgets memberships whose `leave` was dropped. */
  keepRooms(key: RefKey, isKept: (room: string) => boolean): void {
    const held = this.#held.get(key);
    for (const room of [...(held?.rooms.keys() ?? [])]) if (!isKept(room)) this.#dropRoom(held!.ref, room);
  }

  /** Forgets a session whose `close` was dropped: not asserted, it is extra and ends by its grace. */
  forget(key: RefKey): void {
    this.#drop(key);
  }

  keys(): Iterable<RefKey> {
    return this.#held.keys();
  }

  /** Everything held, in chunks of bounded work. One empty chunk when nothing is held: that, too, is an assertion. */
  chunks(): KeptSession[][] {
    const chunks: KeptSession[][] = [[]];
    let items = 0;
    for (const { ref, incarnation, facts, rooms } of this.#held.values()) {
      const size = 1 + rooms.size;
      if (items > 0 && items + size > MAX_ASSERTED_ITEMS) {
        chunks.push([]);
        items = 0;
      }
      items += size;
      chunks.at(-1)!.push({ ref, incarnation, ...facts, rooms: [...rooms].map(([room, held]) => ({ room, ...held })) });
    }
    return chunks;
  }

  #put(key: RefKey, held: Held): void {
    this.#held.set(key, held);
    this.#fold(held, undefined, 1);
    for (const room of held.rooms.keys()) this.#fold(held, room, 1);
  }

  #drop(key: RefKey): void {
    const held = this.#held.get(key);
    if (held === undefined) return;
    this.#held.delete(key);
    this.#fold(held, undefined, -1);
    for (const room of held.rooms.keys()) this.#fold(held, room, -1);
  }

  #addRoom(held: Held, room: string, how: HeldRoom): void {
    if (!held.rooms.has(room)) this.#fold(held, room, 1);
    held.rooms.set(room, how);
  }

  #dropRoom(ref: SessionRef, room: string): void {
    const held = this.#held.get(refKey(ref));
    if (held?.rooms.delete(room)) this.#fold(held, room, -1);
  }

  #renumber(key: RefKey, incarnation: number): void {
    const held = this.#held.get(key);
    if (held === undefined || held.incarnation === incarnation) return;
    this.#fold(held, undefined, -1);
    held.incarnation = incarnation;
    this.#fold(held, undefined, 1);
  }

  #fold(held: Held, room: string | undefined, by: 1 | -1): void {
    const [x1, x2] = digestHashes(digestItem(held.ref, held.incarnation, room));
    this.#count += by;
    this.#x1 ^= x1;
    this.#x2 ^= x2;
  }
}
