/** A replica in this process, on a real Redis and a real NATS, and an edge's side of the protocol to drive it. */

import type { NatsConnection } from "@nats-io/nats-core";
import { type Contracts, checkSources, type Subjects, subjectsOf } from "@rollcall/contracts";
import type { LaneData, LaneOp, LaneReplyData, LaneResult, LeaseData, SessionRef } from "@rollcall/contracts/internal";
import {
  connectNats,
  connectRedis,
  createLogger,
  createMetrics,
  type Logger,
  type Metrics,
  type NatsHandle,
  type RedisConnection,
  request,
  systemClock,
  systemRandom,
} from "@rollcall/runtime";
import { type Presence, type PresenceOptions, startPresence } from "../src/presence.ts";
import { CELL_CONNECTION } from "../src/redis/connection.ts";
import type { StoreBounds } from "../src/store.ts";

export const SHORT_BOUNDS: StoreBounds = {
  graceMs: 600,
  leaseMs: 900,
  brakeMs: 3_000,
  occupancyAbove: 500,
  occupancyBelow: 100,
  traceToClient: true,
  logMaxLen: 10_000,
};

/** Contracts by which every room of `/` is declared. */
export function anyRoom(): Contracts {
  const loaded = checkSources([{ file: "any.yaml", text: 'rollcall: 1\nnamespace: /\nrooms: { "*": {} }\n' }]);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.mistakes));
  return loaded.contracts;
}

export interface Replica {
  presence: Presence;
  metrics: Metrics;
  redis: RedisConnection;
  nats: NatsHandle;
  stop(): Promise<void>;
}

export async function startReplica(options: {
  redisUrl: string;
  natsUrl: string;
  install: string;
  instance?: string;
  bounds?: Partial<StoreBounds>;
  /** Default: create, which also makes a stream anew that a test takes away. */
  mode?: PresenceOptions["mode"];
  logger?: Logger;
  contracts?: Contracts;
}): Promise<Replica> {
  const { install, instance = "presence-1" } = options;
  const clock = systemClock;
  const metrics = createMetrics();
  const logger = options.logger ?? createLogger({ service: "rollcall-presence", instance, level: "silent" });
  const redis = connectRedis({
    ...{ url: options.redisUrl, clock, logger, metrics, name: "presence" },
    overrides: CELL_CONNECTION,
  });
  const nats = await connectNats({ url: options.natsUrl, name: instance, logger });
  await redis.ready();
  const presence = await startPresence({
    install,
    instance,
    mode: options.mode ?? "create",
    contracts: options.contracts ?? anyRoom(),
    bounds: { ...SHORT_BOUNDS, ...options.bounds },
    sweepMs: 50,
    redis,
    durable: redis,
    maxTokenTtlMs: 86_400_000,
    nats,
    clock,
    random: systemRandom,
    logger,
    metrics,
    loopDelay: { recentMs: () => 0 },
  });
  return {
    presence,
    metrics,
    redis,
    nats,
    async stop() {
      await presence.stop();
      await nats.close();
      await redis.close();
    },
  };
}

type Body<O> = O extends unknown ? Omit<O, "n"> : never;

/** One edge: its lane, its lease, nothing more. */
export class FakeEdge {
  readonly id: string;
  readonly #nc: NatsConnection;
  readonly #subjects: Subjects;
  #n = 0;

  constructor(nc: NatsConnection, install: string, id: string) {
    this.id = id;
    this.#nc = nc;
    this.#subjects = subjectsOf(install);
  }

  ask<T>(door: string, body: unknown): Promise<T> {
    return request<T>(this.#nc, this.#subjects.presenceDoor("c0", door), body, { timeoutMs: 3_000 });
  }

  hello(): Promise<LeaseData> {
    return this.ask("hello", { edge: this.id });
  }

  lease(): Promise<LeaseData> {
    return this.ask("lease", { edge: this.id });
  }

  number(...ops: Body<LaneOp>[]): LaneOp[] {
    return ops.map((op) => ({ ...op, n: ++this.#n }) as LaneOp);
  }

  send(ops: LaneOp[]): Promise<LaneReplyData> {
    return this.ask("lane", { edge: this.id, ops });
  }

  /** Results of a batch that was taken. */
  async lane(...ops: Body<LaneOp>[]): Promise<LaneResult[]> {
    const reply = await this.send(this.number(...ops));
    if (reply.status !== "OK") throw new Error(reply.status);
    return reply.results;
  }

  async open(ref: SessionRef, more: Partial<Extract<LaneOp, { op: "open" }>> = {}) {
    return data((await this.lane({ op: "open", ref, issuedAtMs: 1_000, expiresAtMs: 2_000, ...more }))[0], "open");
  }
}

/** The data of a result that must be fine. */
export function data<K extends LaneData["op"]>(result: LaneResult | undefined, op: K): Extract<LaneData, { op: K }> {
  if (result?.ok !== true || result.data.op !== op) throw new Error(`not ${op}: ${JSON.stringify(result)}`);
  return result.data as Extract<LaneData, { op: K }>;
}

export const ref = (user: string, session = `${user}-0123456789abcdef`): SessionRef => ({
  tenant: "main",
  namespace: "/",
  user,
  session,
});
