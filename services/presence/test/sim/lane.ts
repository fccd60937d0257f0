/** A simulated edge's tie to presence: hello, lease, the numbered lane, the digest, and a new life when it is forgotten. */

import type { LaneOp } from "@rollcall/contracts/internal";
import type { Random } from "@rollcall/runtime";
import type { OpResult } from "../../src/store.ts";
import { Held, keyOf } from "./held.ts";
import type { Nats } from "./nats.ts";
import type { Connected, KeptOp, OpBody } from "./op-body.ts";
import type { Answer, Replica } from "./replica.ts";
import type { Scheduler } from "./scheduler.ts";

const RENEW_MS = 2_000;
const DIGEST_MS = 30_000;
const TIMEOUT_MS = 1_000;
const BATCH = 20;

interface Item {
  body: OpBody;
  /** Undefined: it never went, because its session is not held. */
  done(result: OpResult | undefined): void;
}

export interface LaneWorld {
  scheduler: Scheduler;
  random: Random;
  nats: Nats;
  replica(): Replica | undefined;
  /** An `open` is on its way. */
  sent(op: LaneOp): void;
}

/** What the lane is part of: a process that may be stopped, or gone. */
export interface LaneProcess {
  readonly name: string;
  readonly alive: boolean;
  readonly running: boolean;
  /** Now, or when it runs again. */
  receive(run: () => void): void;
  /** Makes what is held the truth about its sockets. */
  reconcile(held: Held): void;
  asserted(result: OpResult, body: Extract<OpBody, { op: "assert" }>): void;
}

export class Lane {
  id: string;
  readonly held = new Held();
  readonly #world: LaneWorld;
  readonly #process: LaneProcess;
  #lives = 0;
  #greeted = false;
  #n = 1;
  #queue: Item[] = [];
  #flight: { items: Item[]; ops: KeptOp[] } | undefined;
  #flights = 0;
  #assertWanted = false;
  #digestWanted = false;
  #overflowed = false;

  constructor(world: LaneWorld, process: LaneProcess) {
    this.#world = world;
    this.#process = process;
    this.id = this.#freshId();
    this.#hello();
    this.#every(RENEW_MS, () => this.renew());
    this.#every(DIGEST_MS * (0.75 + world.random.float() / 2), () => this.compare());
  }

  get idle(): boolean {
    return this.#greeted && this.#flight === undefined && this.#queue.length === 0;
  }

  submit(body: OpBody, done: Item["done"] = () => {}): void {
    this.#queue.push({ body, done });
    this.#soon();
  }
  assert(): void {
    this.#assertWanted = true;
    this.#soon();
  }
  compare(): void {
    this.#digestWanted = true;
    this.#soon();
  }

  /** Everything that waits is dropped, and the truth asserted instead. */
  overflow(): void {
    for (const { done } of this.#queue.splice(0)) done(undefined);
    this.#overflowed = true;
    this.assert();
  }

  renew(): void {
    const { id } = this;
    if (!this.#greeted) return;
    this.#request<string>(
      (replica, done) =>
        replica.ask({ type: "lease", edge: id }, (step) =>
          done(step?.outcome.type === "lease" ? step.outcome.status : undefined),
        ),
      (status) => {
        if (status === "UNKNOWN_EDGE" && id === this.id) this.#newLife();
      },
    );
  }

  #freshId(): string {
    return `${this.#process.name}-${++this.#lives}`;
  }

  #every(ms: number, run: () => void): void {
    this.#world.scheduler.after(ms, () => {
      if (!this.#process.alive) return;
      if (this.#process.running) run();
      this.#every(ms, run);
    });
  }

  #soon(): void {
    this.#world.scheduler.after(0, () => this.#process.receive(() => this.#pump()));
  }

  /** A request over NATS: an answer, or nothing. */
  #request<T>(ask: (replica: Replica, done: (answer: T | undefined) => void) => void, done: (answer: T) => void): void {
    const { nats } = this.#world;
    nats.send(() => {
      const replica = this.#world.replica();
      if (replica === undefined) return;
      ask(replica, (answer) => {
        if (answer !== undefined) nats.send(() => this.#process.receive(() => done(answer)));
      });
    });
  }

  #hello(): void {
    const { id } = this;
    if (this.#greeted) return;
    this.#request<boolean>(
      (replica, done) => replica.ask({ type: "hello", edge: id }, (step) => done(step && true)),
      () => {
        if (id !== this.id || this.#greeted) return;
        this.#greeted = true;
        this.#pump();
      },
    );
    this.#world.scheduler.after(TIMEOUT_MS, () => this.#process.receive(() => id === this.id && this.#hello()));
  }

  #newLife(): void {
    const isAbout = ({ body }: Item) => body.op !== "assert" && body.op !== "digest";
    const again = (this.#flight?.items ?? []).filter((item) => {
      // The truth is asserted: what is older is not sent behind it, for the end of what it opens was dropped.
      if (this.#overflowed) item.done(undefined);
      return !this.#overflowed;
    });
    this.#queue = [...again, ...this.#queue].filter(isAbout);
    this.#flight = undefined;
    this.id = this.#freshId();
    this.#n = 1;
    this.#greeted = false;
    this.#assertWanted = true;
    this.#hello();
  }

  #pump(): void {
    if (!this.#process.running || !this.#greeted || this.#flight !== undefined) return;
    if (this.#assertWanted) this.#first(this.#assertion());
    else if (this.#digestWanted) this.#first(this.#digest());
    const flight = this.#takeBatch();
    if (flight.items.length === 0) return;
    this.#flight = flight;
    this.#send(++this.#flights);
  }

  #first(item: Item): void {
    this.#assertWanted = false;
    this.#digestWanted = false;
    this.#queue.unshift(item);
  }

  #assertion(): Item {
    if (this.#overflowed) this.#process.reconcile(this.held);
    this.#overflowed = false;
    const body = {
      op: "assert" as const,
      round: `${this.id} ${this.#n}`,
      sessions: this.held.assertion(),
      last: true,
    };
    return {
      body,
      done: (result) => {
        if (result?.kind === "assert") this.#process.asserted(result, body);
      },
    };
  }

  #digest(): Item {
    return {
      body: { op: "digest", digest: this.held.digest() },
      done: (result) => {
        if (result?.kind === "digest" && !result.equal) this.#assertWanted = true;
      },
    };
  }

  /** Ends before an operation of a session that it opens, and after an assertion: both change incarnations. */
  #takeBatch(): { items: Item[]; ops: KeptOp[] } {
    const items: Item[] = [];
    const ops: KeptOp[] = [];
    const opened = new Set<string>();
    for (let item = this.#queue[0]; item !== undefined && items.length < BATCH; item = this.#queue[0]) {
      const { body } = item;
      if (items.at(-1)?.body.op === "assert") break;
      if (!("ref" in body)) ops.push({ ...body, n: this.#n } as KeptOp);
      else if (opened.has(keyOf(body.ref))) break;
      else if (body.op === "open") {
        opened.add(keyOf(body.ref));
        ops.push({ ...body, n: this.#n } as KeptOp);
      } else {
        const { incarnation = 0 } = this.held.get(keyOf(body.ref)) ?? {};
        if (incarnation === 0) {
          this.#queue.shift();
          item.done(undefined);
          continue;
        }
        ops.push({ ...body, incarnation, n: this.#n } as KeptOp);
      }
      this.#n++;
      this.#queue.shift();
      items.push(item);
    }
    return { items, ops };
  }

  #send(flight: number): void {
    const { id } = this;
    if (this.#flight === undefined || flight !== this.#flights) return;
    const ops = this.#flight.ops.map((op) => this.#sentNow(op));
    this.#request<Answer>(
      (replica, done) => replica.lane(id, ops, done),
      (answer) => {
        if (id === this.id && flight === this.#flights && this.#flight !== undefined) this.#answered(answer);
      },
    );
    this.#world.scheduler.after(TIMEOUT_MS, () => this.#process.receive(() => id === this.id && this.#send(flight)));
  }

  /** With the ages that sockets have by now. */
  #sentNow(op: KeptOp): LaneOp {
    const aged = <T extends Connected>({ connectedMs, ...rest }: T) => ({
      ...rest,
      ageMs: this.#world.scheduler.nowMs - connectedMs,
    });
    if (op.op === "assert") return { ...op, sessions: op.sessions.map(aged) };
    if (op.op !== "open") return op;
    const opening = aged(op);
    this.#world.sent(opening);
    return opening;
  }

  #answered(answer: Answer): void {
    if (answer.status === "UNKNOWN_EDGE") {
      this.#newLife();
      return;
    }
    const { items } = this.#flight!;
    this.#flight = undefined;
    for (const [i, item] of items.entries()) {
      this.held.apply(item.body, answer.results[i]!);
      item.done(answer.results[i]);
    }
    this.#pump();
  }
}
