/**
 * What edges, clients and backends may ask next, drawn by chance from what was asked before. A seed names a sequence for
 * ever: a draw more or less changes all that come after it.
 */

import {
  type Digest,
  digestHashes,
  digestItem,
  type LaneOp,
  type RuledOp,
  type SessionRef,
} from "@rollcall/contracts/internal";
import type { Random } from "@rollcall/runtime";

export const START_MS = Date.UTC(2026, 0, 1);
export const USERS = ["ann", "bob", "cy"];
const SESSIONS = ["phone-0123456789abc", "laptop-0123456789a"];
export const NAMESPACES = ["/", "/chat"];
export const ROOMS = ["doc:1", "a", "x~y"];
const STATUSES = ["active", "away", "busy", "invisible"] as const;
const KEYS = ["title", "cursor:ann", "n"];
const REASONS = ["leave", "lost", "drain", "revoked", "expired"] as const;

const TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

interface Known {
  ref: SessionRef;
  incarnation: number;
  edge: string;
  rooms: Map<string, boolean>;
}

type OpBody = LaneOp extends infer O ? (O extends unknown ? Omit<O, "n"> : never) : never;

interface Counted {
  ref: SessionRef;
  incarnation: number;
  memberships: readonly { room: string }[];
}

/** From scratch: counters are derived from sets. */
export function digestOf(sessions: readonly Counted[]): Digest {
  const digest = { count: 0, x1: 0, x2: 0 };
  for (const { ref, incarnation, memberships } of sessions) {
    for (const room of [undefined, ...memberships.map((one) => one.room)]) {
      const [a, b] = digestHashes(digestItem(ref, incarnation, room));
      digest.count++;
      digest.x1 = (digest.x1 ^ a) >>> 0;
      digest.x2 = (digest.x2 ^ b) >>> 0;
    }
  }
  return digest;
}

export class RandomOps {
  readonly #random: Random;
  readonly #known: Known[] = [];
  /** By edge, the number of its last operation. */
  readonly #edges = new Map<string, number>();
  #edgeCount = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.#random.int(items.length)]!;
  }
  chance(share: number): boolean {
    return this.#random.float() < share;
  }

  /** One that greets, mostly a new one. It is of the known ones from `met` on. */
  newcomer(): string {
    return this.chance(0.7) ? `edge-${++this.#edgeCount}` : this.edge();
  }
  met(edge: string): void {
    if (!this.#edges.has(edge)) this.#edges.set(edge, 0);
  }

  edges(): string[] {
    return [...this.#edges.keys()];
  }
  /** The number that continues its lane. */
  nextN(edge: string): number {
    return (this.#edges.get(edge) ?? 0) + 1;
  }

  edge(): string {
    return this.pick([...this.#edges.keys(), "edge-1"]);
  }

  #ref(): SessionRef {
    return {
      tenant: "main",
      namespace: this.pick(NAMESPACES),
      user: this.pick(USERS),
      session: this.pick(SESSIONS),
    };
  }

  /** What came of it. */
  learn(edge: string, op: LaneOp, result: { kind: string; incarnation?: number }): void {
    this.#edges.set(edge, op.n);
    if (op.op === "open" && result.incarnation !== undefined) {
      const key = JSON.stringify(op.ref);
      const at = this.#known.findIndex(({ ref }) => JSON.stringify(ref) === key);
      const rooms = at < 0 ? new Map<string, boolean>() : this.#known[at]!.rooms;
      if (at >= 0) this.#known.splice(at, 1);
      this.#known.push({ ref: op.ref, incarnation: result.incarnation, edge, rooms });
    }
    const known =
      "ref" in op ? this.#known.find(({ ref }) => JSON.stringify(ref) === JSON.stringify(op.ref)) : undefined;
    if (op.op === "join" && result.kind === "join") known?.rooms.set(op.room, op.observe);
    if (op.op === "leave") known?.rooms.delete(op.room);
  }

  next(nowMs: number): { edge: string; op: LaneOp } {
    const { edge, op } = this.#op(nowMs);
    const n = (this.#edges.get(edge) ?? 0) + (this.chance(0.02) ? 2 : 1);
    return { edge, op: { ...op, n } as LaneOp };
  }

  #op(nowMs: number): { edge: string; op: OpBody } {
    const known = this.#known.length > 0 && this.chance(0.85) ? this.pick(this.#known) : undefined;
    if (known === undefined) return { edge: this.edge(), op: this.#open(this.#ref()) };
    const edge = this.chance(0.95) ? known.edge : this.edge();
    const { ref } = known;
    const incarnation = this.chance(0.95) ? known.incarnation : known.incarnation - 1;
    const room = this.pick(ROOMS);
    const base = { ref, incarnation, ...(this.chance(0.2) ? { traceparent: TRACEPARENT } : {}) };
    const act = { ...base, room, ...this.id() };
    const inRoom = { ...act, rules: this.rules(room) };
    const roll = this.#random.int(20);
    if (roll < 2) return { edge: this.edge(), op: this.#open(ref) };
    if (roll < 4) return { edge, op: { op: "close", ...base, how: this.pick(REASONS) } };
    if (roll < 6) return { edge, op: { op: "set", ...base, ...this.#presence() } };
    if (roll < 11) return { edge, op: { op: "join", ...inRoom, observe: this.chance(0.2), ...this.#info(0.4) } };
    if (roll < 12)
      return { edge, op: { op: "leave", ...act, reason: this.pick(["leave", "lost", "revoked"] as const) } };
    if (roll < 13) return { edge, op: { op: "update", ...act, info: this.#value() } };
    if (roll < 16) return { edge, op: { op: "patch", ...inRoom, ...this.patch() } };
    if (roll < 17) return { edge, op: { op: "publish", ...inRoom, ...this.#relay(nowMs) } };
    if (roll < 19) return { edge, op: this.#assertion(edge) };
    return this.chance(0.2) ? { edge, op: { op: "bye" } } : { edge, op: { op: "digest", digest: this.#digest(edge) } };
  }

  #open(ref: SessionRef): OpBody {
    const presence = this.chance(0.3) ? { presence: this.#presence() } : {};
    const name = this.chance(0.5) ? { name: `${ref.user} "é"`, traceparent: TRACEPARENT } : {};
    const token = { issuedAtMs: START_MS, expiresAtMs: START_MS + 1 };
    return { op: "open", ref, ...token, client: "app/1", ...this.#age(), ...this.#bound(), ...name, ...presence };
  }

  #bound(): { mostSessions?: number } {
    return this.chance(0.2) ? { mostSessions: this.#random.int(3) } : {};
  }
  #age(): { ageMs?: number } {
    return this.chance(0.3) ? { ageMs: this.#random.int(5_000) } : {};
  }
  #presence() {
    return { status: this.pick(STATUSES), ...this.#info(0.5) };
  }
  #info(share: number): { info?: unknown } {
    return this.chance(share) ? { info: this.#value() } : {};
  }
  #value(): unknown {
    return this.pick([null, 1, "x", [], {}, { a: [2 ** 53 - 1, "\u0001|", null] }]);
  }

  rules(room: string) {
    const retainMs = this.pick([0, 2_000, 8_000]);
    const publishState = this.chance(0.3);
    return {
      retainMs: room === "a" ? 0 : retainMs,
      publishState,
      ...(room === "x~y" ? { maxMembers: 2 } : {}),
      ...(room === "doc:1" ? { history: { size: 3, ttlMs: 5_000 } } : {}),
    };
  }

  id(): { id?: string } {
    return this.chance(0.3) ? { id: this.pick(["p1", "p2"]) } : {};
  }

  patch() {
    const ops = Array.from({ length: 1 + this.#random.int(3) }, (): RuledOp => {
      const key = this.pick(KEYS);
      const condition = this.pick([
        {},
        {},
        { if: { absent: true } as const },
        { if: { version: 1 + this.#random.int(3) } },
      ]);
      const roll = this.#random.int(4);
      if (roll === 0) return { op: "delete", key, ...condition };
      if (roll === 1) {
        const range = this.pick([{}, {}, { least: 0, most: 3 }, { least: -5 }]);
        const owned = this.chance(0.2) ? { bind: "session" as const } : {};
        return { op: "increment", key, by: this.pick([1, -2, 2 ** 53 - 1]), ...range, ...owned };
      }
      const ttl = this.chance(0.3) ? { ttlMs: 3_000 } : {};
      const bind = this.chance(0.3) ? { bind: "session" as const } : {};
      return { op: "set", key, value: this.#value(), ...ttl, ...bind, ...condition };
    });
    return { ops };
  }

  #relay(nowMs: number) {
    const meta = { id: `m${this.#random.int(1_000)}`, ts: new Date(nowMs).toISOString() };
    return {
      event: "chat:said",
      dataJson: JSON.stringify(this.#value()),
      metaJson: JSON.stringify(meta),
      history: this.chance(0.6),
    };
  }

  /** What this edge holds, give or take. */
  #assertion(edge: string): OpBody {
    const held = this.#known.filter((known) => known.edge === edge || this.chance(0.1)).filter(() => this.chance(0.9));
    const sessions = held.map(({ ref, incarnation, rooms }) => ({
      ref,
      incarnation: this.chance(0.9) ? incarnation : 0,
      issuedAtMs: START_MS,
      expiresAtMs: START_MS + 1,
      ...this.#age(),
      ...(this.chance(0.3) ? { presence: this.#presence(), traceparent: TRACEPARENT } : {}),
      rooms: [...rooms].map(([room, observe]) => ({ room, observe, rules: this.rules(room), ...this.#info(0.3) })),
    }));
    return { op: "assert", round: `r${this.#random.int(1_000)}`, sessions, last: this.chance(0.8) };
  }

  #digest(edge: string): Digest {
    const held = this.#known.filter((known) => known.edge === edge);
    return digestOf(
      held.map((known) => ({ ...known, memberships: [...known.rooms.keys()].map((room) => ({ room })) })),
    );
  }

  revocation() {
    const { tenant, user, session, namespace } = this.#ref();
    return {
      tenant,
      user,
      ...(this.chance(0.5) ? { session, traceparent: TRACEPARENT } : {}),
      ...(this.chance(0.5) ? { namespace } : {}),
      ...(this.chance(0.5) ? { room: this.pick(ROOMS) } : {}),
      ...(this.chance(0.5) ? { issuedBeforeMs: START_MS - this.#random.int(2) } : {}),
    };
  }
}
