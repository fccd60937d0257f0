/** What presence holds of a simulated edge, as far as its answers tell. */

import { type Digest, digestHashes, digestItem, type SessionRef } from "@rollcall/contracts/internal";
import type { OpResult } from "../../src/store.ts";
import type { OpBody } from "./op-body.ts";

export const RULES = { retainMs: 2_000 };

export interface HeldSession {
  readonly ref: SessionRef;
  /** 0: presence has not answered for it; an assertion opens it. */
  incarnation: number;
  readonly connectedMs: number;
  readonly rooms: Set<string>;
}

export const keyOf = (ref: SessionRef): string => `${ref.user} ${ref.session}`;

export class Held {
  readonly #sessions = new Map<string, HeldSession>();

  get size(): number {
    return this.#sessions.size;
  }
  get(key: string): HeldSession | undefined {
    return this.#sessions.get(key);
  }
  keys(): string[] {
    return [...this.#sessions.keys()];
  }
  forget(key: string): void {
    this.#sessions.delete(key);
  }
  adopt(ref: SessionRef, connectedMs: number): void {
    const { incarnation = 0, rooms = new Set<string>() } = this.#sessions.get(keyOf(ref)) ?? {};
    this.#sessions.set(keyOf(ref), { ref, incarnation, connectedMs, rooms });
  }

  keepRooms(ref: SessionRef, isKept: (room: string) => boolean): void {
    const { rooms } = this.#sessions.get(keyOf(ref))!;
    for (const room of rooms) if (!isKept(room)) rooms.delete(room);
  }

  /** What an answered operation changed. */
  apply(body: OpBody, result: OpResult): void {
    if (body.op === "assert") {
      this.#asserted(body, result);
      return;
    }
    if (!("ref" in body)) return;
    const key = keyOf(body.ref);
    if (body.op === "close") this.#sessions.delete(key);
    else if (body.op === "open" && result.kind === "open") {
      const { incarnation, memberships } = result;
      const rooms = new Set(memberships.map(({ room }) => room));
      this.#sessions.set(key, { ref: body.ref, incarnation, connectedMs: body.connectedMs, rooms });
    } else if (result.kind === "error") return;
    else if (body.op === "join") this.#sessions.get(key)?.rooms.add(body.room);
    else if (body.op === "leave") this.#sessions.get(key)?.rooms.delete(body.room);
  }

  #asserted({ sessions }: Extract<OpBody, { op: "assert" }>, result: OpResult): void {
    if (result.kind !== "assert") return;
    for (const [i, { ref }] of sessions.entries()) {
      const incarnation = result.incarnations[i];
      const held = this.#sessions.get(keyOf(ref));
      if (incarnation === undefined) this.#sessions.delete(keyOf(ref));
      else if (held !== undefined) held.incarnation = incarnation;
    }
  }

  assertion(): Extract<OpBody, { op: "assert" }>["sessions"] {
    return [...this.#sessions.values()].map(({ ref, incarnation, connectedMs, rooms }) => ({
      ref,
      incarnation,
      connectedMs,
      issuedAtMs: 0,
      expiresAtMs: 0,
      rooms: [...rooms].map((room) => ({ room, observe: false, rules: RULES })),
    }));
  }

  digest(): Digest {
    const digest = { count: 0, x1: 0, x2: 0 };
    for (const { ref, incarnation, rooms } of this.#sessions.values()) {
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
