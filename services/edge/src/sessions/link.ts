/**
 * The edge's tie to presence in one cell: says hello, renews the lease, drives the lane. What is sent when is decided by
 * `lane-core.ts`, whether presence answers by `reach.ts`; this is their shell: requests, retries, timers.
 */

import { RollcallError } from "@rollcall/contracts";
import type { LaneData, LaneRequest, LaneResult, RoomRules, SessionRef } from "@rollcall/contracts/internal";
import type { Clock, Logger, Random, Timer } from "@rollcall/runtime";
import { refKey } from "../clients/ref.ts";
import { type LaneEffect, type LaneEvent, type LaneState, newLane, reduce } from "./lane-core.ts";
import { Mirror, type SessionFacts } from "./mirror.ts";
import { isRequest, type KeptSession, type OpBody } from "./ops.ts";
import type { PresenceDoors } from "./presence-doors.ts";
import { OUT_OF_REACH, type ReachEffect, type ReachEvent, reach, retryMs } from "./reach.ts";
import { type SubmitOptions, Tickets } from "./tickets.ts";

export interface LinkHooks {
  /** Presence answers again, or no longer. */
  health(state: "live" | "stale"): void;
  /** A new id is in use: control messages come to it. */
  renamed(edge: string): void;
  /** Presence lost its record of this edge, or the store began anew; everything held is asserted again. */
  asserted(): void;
  /** The brake began or ended. */
  braked(): void;
  /** Presence no longer takes this session from us: it lives elsewhere, or its token was revoked and nobody told us. */
  disowned(ref: SessionRef, reason: "replaced" | "revoked"): void;
  /** Nor this membership: it was revoked. */
  disownedRoom(ref: SessionRef, room: string): void;
  /** Make the mirror equal to the truth about this edge's sockets. */
  reconcile(mirror: Mirror): void;
  rulesOf(ref: SessionRef, room: string): RoomRules | undefined;
}

export interface LinkOptions {
  /** Prefix of edge ids; each life adds its own suffix. */
  instance: string;
  doors: PresenceDoors;
  hooks: LinkHooks;
  clock: Clock;
  random: Random;
  logger: Logger;
  renewMs: number;
  digestMs: number;
}

const USUAL_OP_BYTES = 512;

export class PresenceLink {
  readonly mirror = new Mirror();
  readonly #options: LinkOptions;
  readonly #lane: LaneState;
  readonly #tickets = new Tickets();
  #renewTimer: Timer | undefined;
  #digestTimer: Timer | undefined;
  #pumpPlanned = false;
  #sending = false;
  #reach = OUT_OF_REACH;
  #closed = false;
  #overflowed = false;

  constructor(options: LinkOptions) {
    this.#options = options;
    this.#lane = newLane(this.#freshEdge());
  }

  get edge(): string {
    return this.#lane.edge;
  }
  get health(): "live" | "stale" {
    return this.#reach.health;
  }
  /** While the brake holds, what is read may name some who are gone. */
  get brake(): boolean {
    return this.#reach.brake;
  }

  start(): void {
    const { clock, renewMs, digestMs, random, hooks } = this.#options;
    hooks.renamed(this.edge);
    void this.#greet();
    this.#renewTimer = clock.setRepeating(renewMs, () => void this.#renew());
    const digestSoon = () => {
      this.#dispatch({ type: "digest" });
      this.#pumpSoon();
      this.#digestTimer = clock.setTimer(digestMs * (0.75 + random.float() / 2), digestSoon);
    };
    digestSoon();
  }

  /** Resolves with presence's answer. While presence is away, requests are refused at once and the rest waits. */
  submit(body: OpBody, options: SubmitOptions = {}): Promise<LaneData> {
    const request = isRequest(body);
    if (this.#closed || (request && this.health === "stale")) {
      options.refused?.();
      return Promise.reject(new RollcallError("UNAVAILABLE"));
    }
    // Whoever leaves is told at once that presence is away, but the leave itself waits for its return.
    const { ticket, answer } = this.#tickets.issue(request || body.op === "leave", options);
    this.#dispatch({ type: "submit", item: { ticket, body, bytes: options.bytes ?? USUAL_OP_BYTES } });
    this.#pumpSoon();
    return answer;
  }

  /** Presence never answered for a session that is here: it is asserted. */
  adopt(ref: SessionRef, facts: SessionFacts): void {
    this.mirror.adopt(ref, facts);
    this.#dispatch({ type: "assert" });
    this.#pumpSoon();
  }

  /** For operations nobody waits for: a failure is presence's to say, and the digest's to repair. */
  post(body: OpBody): void {
    this.submit(body).catch((error: unknown) => {
      const { code } = RollcallError.from(error);
      this.#options.logger.debug({ event: "lane.failed", op: body.op, code }, "an operation was refused");
    });
  }

  stop(): void {
    this.#closed = true;
    this.#renewTimer?.cancel();
    this.#digestTimer?.cancel();
    this.#tickets.close();
  }

  #freshEdge = (): string => `${this.#options.instance}-${this.#options.random.id(8)}`;

  async #greet(): Promise<void> {
    const { edge } = this;
    if (this.#closed) return;
    try {
      const data = await this.#options.doors.hello({ edge });
      if (edge !== this.edge || this.#closed) return;
      this.#answered(data);
      this.#dispatch({ type: "greeted" });
      this.#pumpSoon();
    } catch (error) {
      if (edge !== this.edge || this.#closed) return;
      this.#failed(error);
      this.#options.clock.setTimer(this.#backoffMs(), () => void this.#greet());
    }
  }

  async #renew(): Promise<void> {
    const { edge } = this;
    if (this.#lane.phase === "greeting") return;
    try {
      const data = await this.#options.doors.lease({ edge });
      if (this.#closed) return;
      this.#answered(data);
      if (data.status === "UNKNOWN_EDGE") this.#dispatch({ type: "unknown", edge, freshEdge: this.#freshEdge });
    } catch (error) {
      if (!this.#closed) this.#failed(error);
    }
  }

  #pumpSoon(): void {
    if (this.#pumpPlanned) return;
    this.#pumpPlanned = true;
    this.#options.clock.immediate(() => {
      this.#pumpPlanned = false;
      this.#pump();
    });
  }

  #pump(): void {
    if (this.#sending || this.#closed) return;
    const { mirror } = this;
    this.#dispatch({
      type: "pump",
      nowMs: this.#options.clock.monotonic(),
      held: {
        incarnationOf: (key) => mirror.incarnationOf(key),
        digest: () => mirror.digest,
        chunks: () => this.#truth(),
        round: () => this.#options.random.id(12),
      },
    });
  }

  /** What is asserted: what was answered, or, when operations were dropped, what the sockets say by now. */
  #truth(): KeptSession[][] {
    if (this.#overflowed) this.#options.hooks.reconcile(this.mirror);
    this.#overflowed = false;
    return this.mirror.chunks();
  }

  #dispatch(event: LaneEvent): void {
    for (const effect of reduce(this.#lane, event)) this.#perform(effect);
  }

  #perform(effect: LaneEffect): void {
    switch (effect.do) {
      case "hello":
        this.#options.logger.warn(
          { event: "edge.renamed", edge: effect.edge, why: effect.why },
          "this edge takes another id",
        );
        this.#options.hooks.renamed(effect.edge);
        void this.#greet();
        return;
      case "send":
        void this.#send(effect.request);
        return;
      case "settle":
        this.#settle(effect.ticket, effect.body, effect.result);
        return;
      case "overflow":
        this.#options.logger.warn({ event: "lane.overflow" }, "too much waits for presence: asserting instead");
        this.#overflowed = true;
        return;
    }
  }

  async #send(request: LaneRequest): Promise<void> {
    this.#sending = true;
    let retryMs: number | undefined;
    try {
      const data = await this.#options.doors.lane(request);
      if (this.#closed) return;
      this.#answered(data);
      if (request.edge === this.edge) this.#dispatch({ type: "reply", data, freshEdge: this.#freshEdge });
    } catch (error) {
      if (this.#closed) return;
      this.#failed(error);
      retryMs = this.#backoffMs();
    } finally {
      this.#sending = false;
    }
    if (retryMs === undefined) this.#pump();
    else this.#options.clock.setTimer(retryMs, () => this.#pump());
  }

  #settle(ticket: number, body: OpBody, result: LaneResult): void {
    const { hooks } = this.#options;
    if (result.ok) this.mirror.apply(body, result.data, hooks.rulesOf);
    else if (body.op === "close") this.mirror.forget(refKey(body.ref)); // it lives elsewhere, or nowhere
    if (body.op === "assert") {
      if (result.ok && body.last) this.#dispatch({ type: "asserted" });
      assertionAnswered(body.last, result, this.#options);
      return;
    }
    if (body.op === "digest") {
      if (result.ok && result.data.op === "digest") this.#compared(result.data.equal);
      return;
    }
    this.#tickets.settle(ticket, result);
  }

  #compared(equal: boolean): void {
    const { edge } = this;
    if (!equal)
      this.#options.logger.warn({ event: "lane.unequal", edge }, "presence has recorded something else of this edge");
    this.#dispatch({ type: "compared", equal, freshEdge: this.#freshEdge });
  }

  /** Presence's store has this epoch: when it is another one than before, both sides are compared at once. */
  noteEpoch(epoch: string): void {
    this.#hear({ type: "epoch", epoch });
  }

  #answered({ epoch, brake }: { epoch: string; brake: boolean }): void {
    this.#hear({ type: "answered", epoch, brake });
  }

  #failed(error: unknown): void {
    const { code } = RollcallError.from(error);
    this.#options.logger.debug({ event: "presence.unanswered", code }, "presence did not answer");
    this.#hear({ type: "failed" });
  }

  #hear(event: ReachEvent): void {
    const { state, effects } = reach(this.#reach, event);
    this.#reach = state;
    for (const effect of effects) this.#follow(effect);
  }

  #follow(effect: ReachEffect): void {
    const { hooks, logger } = this.#options;
    switch (effect) {
      case "live":
      case "stale":
        hooks.health(effect);
        return;
      case "away":
        this.#tickets.refuseRequests();
        return;
      case "epoch":
        logger.warn({ event: "presence.epoch", epoch: this.#reach.epoch }, "the presence store began anew");
        this.#dispatch({ type: "digest" });
        this.#pumpSoon();
        return;
      case "brake":
        hooks.braked();
        return;
    }
  }

  #backoffMs(): number {
    return retryMs(this.#reach, this.#options.random.float());
  }
}

/** What presence did not take from us goes. A refusal needs no word: the next digest finds the difference. */
function assertionAnswered(last: boolean, result: LaneResult, { hooks, logger }: LinkOptions): void {
  if (!result.ok) {
    logger.warn({ event: "lane.assert_failed", code: result.error.code }, "an assertion was refused");
    return;
  }
  if (result.data.op === "assert") {
    const { replaced, revoked = [], removed = [] } = result.data;
    for (const ref of revoked) hooks.disowned(ref, "revoked");
    for (const { ref, room } of removed) hooks.disownedRoom(ref, room);
    for (const ref of replaced) hooks.disowned(ref, "replaced");
  }
  if (last) hooks.asserted();
}
