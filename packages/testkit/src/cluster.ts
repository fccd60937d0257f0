/** A whole cluster of real processes: Redis, NATS, presence, notifiers, edges, and a collector for their spans. */

import { systemRandom } from "@rollcall/runtime";
import { type Collector, startCollector } from "@rollcall/telemetry";
import { SCALED_BOUNDS, SCALED_RECONNECT } from "./bounds.ts";
import { type ClientOptions, client, type TestClient } from "./client.ts";
import { type DevKeys, devKeys, type TokenOptions } from "./dev-keys.ts";
import { type NatsServer, startNats } from "./nats-server.ts";
import { type RedisServer, startRedis } from "./redis-server.ts";
import { type ServiceKind, type ServiceProcess, startService } from "./service-process.ts";
import { tempFolder } from "./temp.ts";

export interface ClusterOptions {
  /** Default 2. */
  edges?: number;
  /** Default 1. */
  presence?: number;
  /** Default 1. */
  notifiers?: number;
  /** Settings of every service; over `SCALED_BOUNDS` unless `scaled` is false. */
  env?: Record<string, string>;
  /** Settings of one kind. */
  envOf?: Partial<Record<ServiceKind, Record<string, string>>>;
  /** What a service of that kind is when it is started next. Default: this repository's. */
  entryOf?: (kind: ServiceKind) => string;
  /** Folder of contract files, or several paths. */
  contractsDir?: string | readonly string[];
  /** Default true. */
  scaled?: boolean;
  /** Given servers are not stopped with the cluster; `url` may also be a proxy's. */
  redis?: { url: string };
  nats?: { url: string };
  keys?: DevKeys;
  /** Default true: a span collector, every trace sampled. */
  traces?: boolean;
  /** Of each service. Default 60 s. */
  readyTimeoutMs?: number;
}

export interface Cluster extends AsyncDisposable {
  readonly install: string;
  readonly edges: readonly ServiceProcess[];
  readonly presence: readonly ServiceProcess[];
  readonly notifiers: readonly ServiceProcess[];
  readonly services: readonly ServiceProcess[];
  readonly redisUrl: string;
  readonly natsUrl: string;
  /** Undefined when given by the caller. */
  readonly redis: RedisServer | undefined;
  readonly nats: NatsServer | undefined;
  readonly keys: DevKeys;
  readonly collector: Collector | undefined;
  readonly logFolder: string;
  /** The environment every service was started with. */
  readonly env: Readonly<Record<string, string>>;
  /** One more of a kind. */
  add(kind: ServiceKind): Promise<ServiceProcess>;
  /** A stock client of edge `i` with a fresh token; closed with the cluster. */
  client(edge: number, token: TokenOptions, options?: ClientOptions): Promise<TestClient>;
  stop(): Promise<void>;
}

export async function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const { edges = 2, presence = 1, notifiers = 1, scaled = true, traces = true } = options;
  const patience = options.readyTimeoutMs === undefined ? {} : { readyTimeoutMs: options.readyTimeoutMs };
  const { entryOf } = options;
  const undo: (() => Promise<unknown>)[] = [];
  const stop = async () => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  const started = async <T>(thing: Promise<T>, end: (thing: T) => Promise<unknown>): Promise<T> => {
    const value = await thing;
    undo.push(() => end(value));
    return value;
  };

  try {
    const [redis, nats, collector, keys] = await settled([
      options.redis === undefined ? started(startRedis(), (server) => server.close()) : undefined,
      options.nats === undefined ? started(startNats(), (server) => server.close()) : undefined,
      traces ? started(startCollector(), (running) => running.close()) : undefined,
      options.keys ?? devKeys(),
    ]);
    const install = `t${systemRandom.int(36 ** 6).toString(36)}`;
    const redisUrl = options.redis?.url ?? (redis as RedisServer).url;
    const natsUrl = options.nats?.url ?? (nats as NatsServer).url;
    const logFolder = tempFolder("cluster");
    const env: Record<string, string> = {
      INSTALL: install,
      ROLLCALL_ENV: "development",
      REDIS_URL: redisUrl,
      NATS_URL: natsUrl,
      STREAMS: "create",
      LOG_LEVEL: "info",
      ORIGINS: "*",
      ...keys.env,
      ...(options.contractsDir === undefined ? {} : { CONTRACTS: [options.contractsDir].flat().join(",") }),
      ...(collector === undefined ? {} : { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, TRACE_RATIO: "1" }),
      ...(scaled ? SCALED_BOUNDS : {}),
      ...options.env,
    };

    const services: ServiceProcess[] = [];
    const ofKind = (kind: ServiceKind) => services.filter((service) => service.kind === kind);
    const counts: Record<ServiceKind, number> = { edge: 0, presence: 0, notifier: 0 };
    const add = async (kind: ServiceKind): Promise<ServiceProcess> => {
      const name = `${kind}-${++counts[kind]}`;
      const entry = entryOf === undefined ? {} : { entry: () => entryOf(kind) };
      const service = await started(
        startService({ kind, name, env: { ...env, ...options.envOf?.[kind] }, logFolder, ...entry, ...patience }),
        (running) => running.kill("SIGKILL"),
      );
      services.push(service);
      return service;
    };
    const many = (kind: ServiceKind, count: number) => settled(Array.from({ length: count }, () => add(kind)));
    // Edges last: they greet presence when they start.
    await settled([many("presence", presence), many("notifier", notifiers)]);
    await many("edge", edges);

    return {
      install,
      get edges() {
        return byName(ofKind("edge"));
      },
      get presence() {
        return byName(ofKind("presence"));
      },
      get notifiers() {
        return byName(ofKind("notifier"));
      },
      services,
      redisUrl,
      natsUrl,
      redis,
      nats,
      keys,
      collector,
      logFolder,
      env,
      add,
      async client(edge, token, clientOptions = {}) {
        const target = byName(ofKind("edge"))[edge];
        if (target === undefined) throw new Error(`no edge ${edge}`);
        const made = client(target.url, await keys.token(token), {
          ...clientOptions,
          io: { ...(scaled ? SCALED_RECONNECT : {}), ...clientOptions.io },
        });
        undo.push(() => made.close());
        return made;
      },
      stop,
      [Symbol.asyncDispose]: stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

const byName = (services: ServiceProcess[]) =>
  services.toSorted((a, b) => a.name.localeCompare(b.name, "en", { numeric: true }));

/** `Promise.all` that fails only when nothing is under way any more: what has started by then can be stopped. */
async function settled<const T extends readonly unknown[]>(
  things: T,
): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  await Promise.allSettled(things);
  return Promise.all(things);
}
