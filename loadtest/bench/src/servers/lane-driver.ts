/** An edge without sockets: speaks to presence as an edge does (lease, numbered lane), for benches of presence alone. */

import type { NatsConnection } from "@nats-io/nats-core";
import { subjectsOf } from "@rollcall/contracts";
import type { LaneOp, LaneReplyData, LaneRequest, LaneResult, SessionRef } from "@rollcall/contracts/internal";
import { request, systemClock } from "@rollcall/runtime";

const CELL = "c0";
export const MAX_BATCH = 500;
const RENEW_MS = 2_000;
const TIMEOUT_MS = 10_000;

/** `Omit` that keeps a union's members apart. */
type Unnumbered<T> = T extends unknown ? Omit<T, "n"> : never;
export type DrivenOp = Unnumbered<LaneOp>;

interface Driven {
  ref: SessionRef;
  incarnation: number;
}

export class LaneDriver implements Disposable {
  readonly #nc: NatsConnection;
  readonly #install: string;
  readonly #edge: string;
  readonly #renewal: { cancel(): void };
  readonly sessions: Driven[] = [];
  #n = 0;

  private constructor(nc: NatsConnection, install: string, edge: string) {
    this.#nc = nc;
    this.#install = install;
    this.#edge = edge;
    this.#renewal = systemClock.setRepeating(RENEW_MS, () => void this.#ask("lease", { edge }).catch(() => undefined));
  }

  static async start(nc: NatsConnection, install: string, edge: string): Promise<LaneDriver> {
    const driver = new LaneDriver(nc, install, edge);
    await driver.#ask("hello", { edge });
    return driver;
  }

  /** One batch; refuses to go on when any operation was refused. */
  async lane(ops: readonly DrivenOp[]): Promise<LaneResult[]> {
    const numbered = ops.map((op) => ({ ...op, n: ++this.#n }) as LaneOp);
    const body: LaneRequest = { edge: this.#edge, ops: numbered };
    const reply = await this.#ask<LaneReplyData>("lane", body);
    if (reply.status !== "OK") throw new Error(`presence answers ${reply.status}`);
    const refused = reply.results.find(({ ok }) => !ok);
    if (refused !== undefined) throw new Error(`presence refuses: ${JSON.stringify(refused)}`);
    return reply.results;
  }

  async open(count: number): Promise<void> {
    const issuedAtMs = systemClock.now();
    for (let i = 0; i < count; i += MAX_BATCH) {
      const ops = Array.from({ length: Math.min(MAX_BATCH, count - i) }, (_, k): DrivenOp => {
        const user = `${this.#edge}-user-${i + k}`;
        const ref = { tenant: "main", namespace: "/", user, session: `session-of-${user}` };
        return { op: "open", ref, issuedAtMs, expiresAtMs: issuedAtMs + 3_600_000 };
      });
      for (const [k, result] of (await this.lane(ops)).entries()) {
        if (!result.ok || result.data.op !== "open") throw new Error("not opened");
        const { ref } = ops[k] as { ref: SessionRef };
        this.sessions.push({ ref, incarnation: result.data.incarnation });
      }
    }
  }

  join({ ref, incarnation }: Driven, room: string): DrivenOp {
    return { op: "join", ref, incarnation, room, rules: { retainMs: 0 }, observe: false };
  }

  leave({ ref, incarnation }: Driven, room: string): DrivenOp {
    return { op: "leave", ref, incarnation, room, reason: "leave" };
  }

  read<T>(body: object): Promise<T> {
    return this.#ask<T>("read", body);
  }

  [Symbol.dispose](): void {
    this.#renewal.cancel();
  }

  #ask<T>(door: string, body: object): Promise<T> {
    return request<T>(this.#nc, subjectsOf(this.#install).presenceDoor(CELL, door), body, { timeoutMs: TIMEOUT_MS });
  }
}
