/** What `up` will start: every process with its program, environment, ports and place in the order. Pure. */

import { join, resolve } from "node:path";
import { DEFAULT_INSTALL } from "@rollcall/contracts";
import type { Env } from "@rollcall/runtime";
import type { Home } from "../home.ts";
import { portsOf } from "./ports.ts";
import type { Probe } from "./probes.ts";
import type { ComponentKind } from "./state.ts";

export interface ComponentSpec {
  name: string;
  kind: ComponentKind;
  /** Started together, after lower stages are ready; stopped before them. */
  stage: number;
  command: string;
  args: readonly string[];
  /** Beside the environment of `up` itself. */
  env: Readonly<Record<string, string>>;
  ports: readonly number[];
  url?: string;
  internalUrl?: string;
  probe: Probe;
  /** Time to end by itself before it is killed. */
  stopMs: number;
}

/** What a cluster is to have. */
export interface ClusterShape {
  basePort: number;
  edges: number;
  presence: number;
  notifiers: number;
  contracts: readonly string[];
  channels?: string;
}

export interface PlanOptions extends ClusterShape {
  home: Home;
  env: Env;
  /** Where `up` was called: the services run elsewhere. */
  cwd: string;
  /** Programs of the servers that we run ourselves; absent: `REDIS_URL` or `NATS_URL` is given. */
  redisServer?: string;
  natsServer?: string;
  prometheus?: { program: string; configFile: string };
  /** The program that runs our own TypeScript. */
  node: string;
}

export interface Plan {
  components: ComponentSpec[];
  install: string;
  redisUrl: string;
  natsUrl: string;
  jwksFile: string;
  contracts: readonly string[];
  otlpEndpoint: string;
}

const STAGE = { servers: 0, services: 1, observers: 2 } as const;
const SERVER_STOP_MS = 10_000;
/** A service's own grace, and a little for the last flush. */
const SERVICE_STOP_MS = 30_000;
/** Pages of any local port, as development servers use them. */
export const DEVELOPMENT_ORIGINS = "http://localhost:*,http://127.0.0.1:*,https://localhost:*,https://127.0.0.1:*";

const local = (port: number) => `http://127.0.0.1:${port}`;
const numbered = (count: number) => Array.from({ length: count }, (_, i) => i);

export function planCluster(options: PlanOptions): Plan {
  const { env } = options;
  const ports = portsOf(options.basePort);
  const plan: Plan = {
    components: [],
    install: env.INSTALL ?? DEFAULT_INSTALL,
    redisUrl: env.REDIS_URL ?? `redis://127.0.0.1:${ports.redis}`,
    natsUrl: env.NATS_URL ?? `nats://127.0.0.1:${ports.nats}`,
    jwksFile: jwksOf(options),
    contracts: options.contracts,
    otlpEndpoint: env.OTEL_EXPORTER_OTLP_ENDPOINT ?? local(ports.collector),
  };
  plan.components.push(...servers(options), ...services(options, plan), ...observers(options));
  return plan;
}

/** A URL, or the absolute path of a file. */
function jwksOf({ home, env, cwd }: PlanOptions): string {
  if (env.JWKS === undefined) return home.jwks;
  return /^https?:\/\//.test(env.JWKS) ? env.JWKS : resolve(cwd, env.JWKS);
}

function servers(options: PlanOptions): ComponentSpec[] {
  const { home, env, node, redisServer, natsServer } = options;
  const ports = portsOf(options.basePort);
  const common = { stage: STAGE.servers, env: {}, stopMs: SERVER_STOP_MS };
  const specs: ComponentSpec[] = [];
  if (redisServer !== undefined) {
    specs.push({
      ...common,
      name: "redis",
      kind: "redis",
      command: redisServer,
      // Durable as production's is, so that `down` and `up` lose no inbox; nothing is ever evicted.
      args: [
        ...["--port", String(ports.redis), "--bind", "127.0.0.1", "--dir", join(home.data, "redis")],
        ...["--save", "", "--appendonly", "yes", "--maxmemory-policy", "noeviction"],
      ],
      ports: [ports.redis],
      url: `redis://127.0.0.1:${ports.redis}`,
      probe: { kind: "redis", port: ports.redis },
    });
  }
  if (natsServer !== undefined) {
    specs.push({
      ...common,
      name: "nats",
      kind: "nats",
      command: natsServer,
      args: [
        "--addr",
        "127.0.0.1",
        "--port",
        String(ports.nats),
        "--jetstream",
        "--store_dir",
        join(home.data, "nats"),
      ],
      ports: [ports.nats],
      url: `nats://127.0.0.1:${ports.nats}`,
      probe: { kind: "nats", port: ports.nats },
    });
  }
  if (env.OTEL_EXPORTER_OTLP_ENDPOINT === undefined) {
    specs.push({
      ...common,
      name: "collector",
      kind: "collector",
      command: node,
      args: [
        join(home.root, "packages/cli/src/cluster/collector-main.ts"),
        String(ports.collector),
        join(home.data, "traces"),
      ],
      ports: [ports.collector],
      url: local(ports.collector),
      probe: { kind: "http", url: `${local(ports.collector)}/health` },
    });
  }
  return specs;
}

function services(options: PlanOptions, plan: Plan): ComponentSpec[] {
  const { env, home, node, contracts, channels } = options;
  const ports = portsOf(options.basePort);
  const shared = {
    INSTALL: plan.install,
    // What comes from a file, services read there themselves: again when it changes.
    ...(env.REDIS_URL_FILE ? {} : { REDIS_URL: plan.redisUrl }),
    ...(env.NATS_URL_FILE ? {} : { NATS_URL: plan.natsUrl }),
    CONTRACTS: contracts.join(","),
    JWKS: plan.jwksFile,
    OTEL_EXPORTER_OTLP_ENDPOINT: plan.otlpEndpoint,
    ROLLCALL_ENV: env.ROLLCALL_ENV ?? "development",
    STREAMS: env.STREAMS ?? "create",
    ORIGINS: env.ORIGINS ?? DEVELOPMENT_ORIGINS,
    TRACE_RATIO: env.TRACE_RATIO ?? "1",
    INTERNAL_HOST: env.INTERNAL_HOST ?? "127.0.0.1",
    ...(channels === undefined ? {} : { CHANNELS: channels }),
  };
  const service = (kind: "edge" | "presence" | "notifier", i: number, internalPort: number): ComponentSpec => ({
    name: `${kind}-${i + 1}`,
    kind,
    stage: STAGE.services,
    command: node,
    args: [home.service(kind)],
    env: { ...shared, INSTANCE: `${kind}-${i + 1}`, INTERNAL_PORT: String(internalPort) },
    ports: [internalPort],
    internalUrl: local(internalPort),
    probe: { kind: "http", url: `${local(internalPort)}/readyz` },
    stopMs: SERVICE_STOP_MS,
  });
  const edge = (i: number): ComponentSpec => {
    const spec = service("edge", i, ports.edgeInternal(i));
    const port = ports.edge(i);
    return { ...spec, env: { ...spec.env, PORT: String(port) }, ports: [port, ...spec.ports], url: local(port) };
  };
  return [
    ...numbered(options.presence).map((i) => service("presence", i, ports.presence(i))),
    ...numbered(options.notifiers).map((i) => service("notifier", i, ports.notifier(i))),
    ...numbered(options.edges).map(edge),
  ];
}

function observers(options: PlanOptions): ComponentSpec[] {
  const { prometheus, home } = options;
  if (prometheus === undefined) return [];
  const port = portsOf(options.basePort).prometheus;
  return [
    {
      name: "prometheus",
      kind: "prometheus",
      stage: STAGE.observers,
      command: prometheus.program,
      args: [
        `--config.file=${prometheus.configFile}`,
        `--storage.tsdb.path=${join(home.data, "prometheus")}`,
        `--web.listen-address=127.0.0.1:${port}`,
        "--storage.tsdb.retention.time=1d",
        "--enable-feature=exemplar-storage",
      ],
      env: {},
      ports: [port],
      url: local(port),
      probe: { kind: "http", url: `${local(port)}/-/ready` },
      stopMs: SERVER_STOP_MS,
    },
  ];
}

/** Prometheus' own configuration: every service's internal port, and the rules that production has. */
export function scrapeConfig(components: readonly ComponentSpec[], rules: string): string {
  const groups = ["edge", "presence", "notifier"].map((kind) => ({
    targets: components.filter((spec) => spec.kind === kind).map((spec) => spec.internalUrl!.replace("http://", "")),
    labels: { service: `rollcall-${kind}` },
  }));
  const config = {
    global: { scrape_interval: "5s", evaluation_interval: "5s" },
    rule_files: [rules],
    scrape_configs: [{ job_name: "rollcall", static_configs: groups }],
  };
  return `${JSON.stringify(config, undefined, 2)}\n`; // YAML reads JSON
}
