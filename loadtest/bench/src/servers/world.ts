/**
 * A contender with what it stands on: its own Redis (so that Redis's CPU is its own), its server processes, and where
 * clients connect.
 */

import { join } from "node:path";
import {
  type Cluster,
  type DevKeys,
  devKeys,
  type NatsServer,
  type RedisServer,
  startCluster,
  startNats,
  startRedis,
} from "@rollcall/testkit";
import type { Redis } from "ioredis";
import type { Target } from "../fleet/fleet.ts";
import { dialectOf } from "../fleet/load-client.ts";
import type { ClientPlan } from "../fleet/orders.ts";
import type { Contender } from "../harness/bench.ts";
import { type BaselineServer, NODE_FLAGS, startCentrifuge, startNode } from "./baseline-process.ts";

export interface World {
  readonly contender: Contender;
  readonly redis: Redis;
  readonly redisServer: RedisServer;
  /** Of Rollcall. */
  readonly cluster: Cluster | undefined;
  readonly nats: NatsServer | undefined;
  readonly baselines: readonly BaselineServer[];
  /** Of node `i`: the process that holds its clients. */
  serverPid(node?: number): number;
  /** Where clients of node `i` go. */
  target(node?: number): Target;
  plans(count: number, rooms: (index: number) => string[], firstIndex?: number): Promise<ClientPlan[]>;
}

export interface WorldOptions {
  /** Edges, or servers of a baseline. Default 1. */
  nodes?: number;
  presence?: number;
  notifiers?: number;
  /** Default false: the bounds of production. */
  scaled?: boolean;
  env?: Record<string, string>;
}

export const BENCH_CONTRACTS = join(import.meta.dirname, "../../contracts");

/** Limits that a load generator on one address would meet. */
const NO_LIMITS = {
  CONNECTS_PER_SECOND_PER_ADDRESS: "100000",
  MAX_CONNECTIONS_PER_ADDRESS: "100000",
  ADMISSIONS_PER_SECOND: "100000",
  MAX_LOOP_DELAY_MS: "10000",
  JOINS_PER_SECOND: "1000",
  EVENTS_PER_SECOND: "10000",
  LOG_LEVEL: "warn",
};

/** A machine that does other things too starts slowly; that is not measured. */
const READY_MS = 240_000;

let keys: Promise<DevKeys> | undefined;

export async function startWorld(
  contender: Contender,
  stack: AsyncDisposableStack,
  options: WorldOptions = {},
): Promise<World> {
  const { nodes = 1, presence = 1, notifiers = 0, scaled = false, env = {} } = options;
  const redisServer = stack.use(await startRedis());
  const redis = redisServer.connect();
  stack.defer(() => redis.disconnect());
  const baselines: BaselineServer[] = [];
  let cluster: Cluster | undefined;
  let nats: NatsServer | undefined;
  const signer = await (keys ??= devKeys());
  if (contender === "rollcall") {
    nats = stack.use(await startNats());
    cluster = stack.use(
      await startCluster({
        ...{ edges: nodes, presence, notifiers, scaled, traces: false, readyTimeoutMs: READY_MS },
        ...{ redis: redisServer, nats, keys: signer, contractsDir: BENCH_CONTRACTS },
        env: { ...NO_LIMITS, ...env },
        envOf: { edge: { NODE_OPTIONS: env.NODE_OPTIONS ?? NODE_FLAGS.join(" ") } },
      }),
    );
  } else {
    for (let i = 0; i < nodes; i++) {
      const started =
        contender === "centrifuge"
          ? startCentrifuge(redisServer.url, stack)
          : startNode(contender, redisServer.url, stack);
      baselines.push(await started);
    }
  }
  return {
    contender,
    redis,
    redisServer,
    cluster,
    nats,
    baselines,
    serverPid: (node = 0) => cluster?.edges[node]?.pid ?? baselines[node]!.process.pid,
    target: (node = 0) => ({
      dialect: dialectOf(contender),
      url: cluster?.edges[node]?.url ?? baselines[node]!.url,
      awaitReady: contender === "rollcall",
    }),
    async plans(count, rooms, firstIndex = 0) {
      const plan = async (index: number): Promise<ClientPlan> => {
        const user = `user-${index}`;
        const token = contender === "rollcall" ? await signer.token({ user }) : user;
        return { user, token, session: `session-of-${user}`, rooms: rooms(index) };
      };
      return Promise.all(Array.from({ length: count }, (_, i) => plan(firstIndex + i)));
    },
  };
}
