/** Edges in this process, with real Redis, real NATS and a real presence process beside them. */

import { loadContracts } from "@rollcall/contracts";
import { createFanoutLog, createFanoutSource, v1Placement } from "@rollcall/fanout";
import {
  connectNats,
  connectRedis,
  createLogger,
  createMetrics,
  loadConfig,
  type Metrics,
  type NatsHandle,
  type RedisConnection,
  systemClock,
  systemRandom,
} from "@rollcall/runtime";
import {
  type ClientOptions,
  client,
  type DevKeys,
  devKeys,
  type NatsServer,
  type RedisServer,
  SCALED_BOUNDS,
  SCALED_RECONNECT,
  type ServiceProcess,
  startNats,
  startRedis,
  startService,
  type TestClient,
  type TokenOptions,
  tempFolder,
  waitFor,
} from "@rollcall/testkit";
import { config } from "../src/config.ts";
import { type Edge, type EdgeOptions, startEdge } from "../src/edge.ts";
import { readIssuers } from "../src/handshake/issuers.ts";
import { TokenVerifier } from "../src/handshake/token.ts";

export const CONTRACT = new URL("contract.yaml", import.meta.url).pathname;

/** For tests under load: no client is lost because this machine is slow. */
export const CALM = { PING_INTERVAL_MS: "6000", PING_TIMEOUT_MS: "20000", GRACE_MS: "30000" };

export interface TestEdge {
  edge: Edge;
  url: string;
  metrics: Metrics;
  stop(drainMs?: number): Promise<void>;
}

/** What a test may give an edge in place of the usual. */
export type EdgeParts = Partial<Pick<EdgeOptions, "tls" | "placement" | "layout">>;

export interface World extends AsyncDisposable {
  redis: RedisServer;
  nats: NatsServer;
  presence: ServiceProcess | undefined;
  install: string;
  keys: DevKeys;
  edges: TestEdge[];
  addEdge(env?: Record<string, string>, more?: EdgeParts): Promise<TestEdge>;
  client(edge: number, token: TokenOptions, options?: ClientOptions): Promise<TestClient>;
  /** A client whose `session:ready` has come. */
  user(edge: number, user: string, options?: ClientOptions & Omit<TokenOptions, "user">): Promise<TestClient>;
  /** Every client leaves, and nothing of them is left: the next test begins in an empty world. */
  empty(): Promise<void>;
}

export interface WorldOptions {
  edges?: number;
  presence?: boolean;
  env?: Record<string, string>;
  contracts?: string[];
  redisUrl?: (url: string) => string;
}

export async function startWorld(options: WorldOptions = {}): Promise<World> {
  const [redis, nats, keys] = await Promise.all([startRedis(), startNats(), devKeys()]);
  const install = `t${systemRandom.int(36 ** 6).toString(36)}`;
  const undo: (() => Promise<unknown>)[] = [() => redis.close(), () => nats.close()];
  const env = {
    INSTALL: install,
    ROLLCALL_ENV: "development",
    REDIS_URL: options.redisUrl?.(redis.url) ?? redis.url,
    NATS_URL: nats.url,
    STREAMS: "create",
    ORIGINS: "http://localhost:*",
    PORT: "0",
    HOST: "127.0.0.1",
    LOG_LEVEL: "warn",
    ...keys.env,
    ...SCALED_BOUNDS,
    OPEN_WAIT_MS: "1000",
    ...options.env,
  };
  const presence =
    options.presence === false
      ? undefined
      : await startService({ kind: "presence", name: "presence-1", env, logFolder: tempFolder("world") });
  if (presence !== undefined) undo.push(() => presence.kill("SIGKILL"));
  const edges: TestEdge[] = [];
  const clients: TestClient[] = [];

  const world: World = {
    redis,
    nats,
    presence,
    install,
    keys,
    edges,
    async addEdge(ownEnv = {}, more = {}) {
      const edge = await startTestEdge(`edge-${edges.length + 1}`, { ...env, ...ownEnv }, more, options.contracts);
      edges.push(edge);
      undo.push(() => edge.stop(0));
      return edge;
    },
    async client(edge, token, clientOptions = {}) {
      const made = client(edges[edge]!.url, await keys.token(token), {
        ...clientOptions,
        io: { ...SCALED_RECONNECT, ...clientOptions.io },
      });
      clients.push(made);
      return made;
    },
    async empty() {
      await Promise.all(clients.splice(0).map((one) => one.close()));
      await waitFor(() => edges.every(({ edge: { sessions, held } }) => sessions === 0 && held().mirrored === 0), {
        timeoutMs: 10_000,
        what: "an empty world",
      });
    },
    async user(edge, user, { tenant, name, ns, cap, ttlS, claims, ...clientOptions } = {}) {
      const token = Object.fromEntries(
        Object.entries({ user, tenant, name, ns, cap, ttlS, claims }).filter(([, value]) => value !== undefined),
      ) as unknown as TokenOptions;
      const made = await world.client(edge, token, clientOptions);
      await made.ready();
      return made;
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(clients.splice(0).map((one) => one.close()));
      for (const step of undo.splice(0).reverse()) await step();
    },
  };
  for (let i = 0; i < (options.edges ?? 1); i++) await world.addEdge();
  return world;
}

async function startTestEdge(
  instance: string,
  env: Record<string, string>,
  more: EdgeParts,
  contractFiles: string[] = [CONTRACT],
): Promise<TestEdge> {
  const clock = systemClock;
  const random = systemRandom;
  const settings = loadConfig(config, env);
  const logger = createLogger({ service: "rollcall-edge", instance, level: settings.LOG_LEVEL });
  const metrics = createMetrics();
  const loaded = await loadContracts(contractFiles);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.mistakes));
  const redis: RedisConnection = connectRedis({ url: settings.REDIS_URL, clock, logger, metrics, name: "redis" });
  const waiting: ((nats: NatsHandle) => void)[] = [];
  let nats: NatsHandle | undefined;
  const connecting = connectNats({ url: settings.NATS_URL, name: instance, logger, metrics }).then((handle) => {
    nats = handle;
    for (const fn of waiting.splice(0)) fn(handle);
  });
  await connecting;
  const issuers = await readIssuers(settings, { clock, logger, retainMs: 86_400_000 });
  const { INSTALL: install, REDIS_URL: redisUrl } = settings;
  const edge = await startEdge({
    settings,
    instance,
    contracts: loaded.contracts,
    verifier: new TokenVerifier({ issuers: issuers.all, clock, maxTtlMs: settings.MAX_TOKEN_TTL }),
    placement: v1Placement,
    layout: { cells: ["c0"], partitions: 1 },
    log: createFanoutLog(redis.client, { install }),
    source: createFanoutSource({ redisUrl, install, clock, random, logger, metrics }),
    nats: () => nats,
    onNats: (fn) => void (nats === undefined ? waiting.push(fn) : fn(nats)),
    clock,
    random,
    logger,
    metrics,
    loopDelay: { recentMs: () => 0 },
    heapUsedBytes: () => 0,
    ...more,
  });
  return {
    edge,
    url: `${more.tls === undefined ? "http" : "https"}://127.0.0.1:${edge.port}`,
    metrics,
    async stop(drainMs = 0) {
      await edge.stop(drainMs);
      issuers.stop();
      await nats?.close();
      await redis.close();
    },
  };
}
