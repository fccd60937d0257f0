/**
 * `docs/dependencies.md`: every library that runs in a service, the command line or an SDK, with its reason. The reasons are
 * here; version, licence and size are read from what is installed, so that one that is added, dropped or relicensed is
 * noticed by `--check`.
 */

import { globSync, lstatSync, readdirSync, readFileSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import { code, page, table } from "./markdown.ts";

const ROOT = join(import.meta.dirname, "../..");

/** Why this one, and what stands in its place without it. */
const REASONS: Readonly<Record<string, string>> = {
  "@eslint-community/regexpp":
    "Parses the patterns of contract files by the standard's grammar; our own automaton then bounds what they cost. Replaces a parser of regular expressions.",
  "@nats-io/jetstream": "The NATS project's own client of streams and consumers, maintained with the server.",
  "@nats-io/kv": "Its key-value store: the notifier's low-water marks, outside of Redis on purpose.",
  "@nats-io/nats-core": "The core client it stands on: requests, headers, reconnects.",
  "@nats-io/transport-node": "Its TCP and TLS transport for Node.",
  "@octokit/webhooks-examples": "GitHub's own recorded payloads, which `demo github` publishes. Replaces made-up ones.",
  "@opentelemetry/api": "The interface that apps' and backends' own spans meet ours in.",
  "@opentelemetry/context-async-hooks": "Keeps the active span over `await`, for the trace ids of log lines.",
  "@opentelemetry/exporter-metrics-otlp-http": "OTLP push of metrics (`OTEL_METRICS_EXPORTER=otlp`).",
  "@opentelemetry/exporter-trace-otlp-http": "OTLP export of spans to any collector.",
  "@opentelemetry/otlp-exporter-base":
    "The exporters' transport over HTTP, where exemplars are put into what is pushed.",
  "@opentelemetry/otlp-transformer": "The OTLP encoding, for metrics that prom-client holds.",
  "@opentelemetry/resources": "What a process says of itself in traces and metrics.",
  "@opentelemetry/sdk-metrics": "The pipeline of pushed metrics, and their types.",
  "@opentelemetry/sdk-trace":
    "Spans and their processors. Nothing instruments by itself: spans are made by hand, one per message and process.",
  ajv: "Compiles JSON Schema 2020-12 to code: a payload is checked in under a microsecond. Replaces checks by hand.",
  "ajv-formats": "The formats that contract files may name, as the standard means them.",
  bullmq:
    "Jobs of fallback attempts: delays, back-off, stalled workers, rate limits. Replaces a queue of our own on Redis.",
  commander: "Arguments, help and errors of the command line.",
  "engine.io": "Transport below Socket.IO, named because the front door hands it upgrades itself.",
  ioredis: "Redis with Sentinel and Cluster, pipelines and scripts. BullMQ needs it too: one client in a process.",
  jose: "JWT and JWKS by the standard, on the platform's own cryptography.",
  "js-yaml":
    "The quick way to the value of a contract file; what it does not accept, or might read otherwise, is left to `yaml`, and a test compares the two.",
  nodemailer: "SMTP with TLS, pooling and correct encoding of mails: the fallback channel `email`.",
  pino: "JSON logs; redaction by path.",
  "prom-client": "Registry and text formats of Prometheus and OpenMetrics, exemplars included.",
  "socket.io": "The protocol that stock clients of every language speak. It is what the edge is a gateway for.",
  "socket.io-adapter": "Its interface of rooms, which the edge fills with nothing: delivery is our own.",
  "socket.io-client": "The stock client: under our SDK, and in the command line's probes.",
  "socket.io-parser": "Its packets; our decoder bounds them before it parses.",
  typebox:
    "Schemas of core and their TypeScript types from one declaration. A type import: its modules are loaded by no process.",
  "web-push": "VAPID signatures and payload encryption (RFC 8291, 8292) of the fallback channel `webpush`.",
  ws: "WebSocket frames below engine.io, named because the edge bounds them before they are put together.",
  yaml: "Reads contract files with the place of each node, so that a mistake has line and column; channels and issuers too. Writes AsyncAPI.",
};

interface Manifest {
  name: string;
  version: string;
  license?: string;
  /** As it was written before 2015. */
  licenses?: { type: string }[];
  dependencies?: Record<string, string>;
}

const licenceOf = ({ license, licenses }: Manifest): string =>
  license ?? licenses?.map(({ type }) => type).join(" OR ") ?? "none named";

const manifestIn = (folder: string) => JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest;

/** Parts of the product; examples, benches and the testkit run nowhere but here. */
const PARTS = globSync("{services,packages}/*/package.json", { cwd: ROOT })
  .map((file) => dirname(file))
  .filter((folder) => folder !== "packages/testkit")
  .toSorted();

export interface Dependency {
  name: string;
  /** Folders of the parts that name it. */
  usedBy: string[];
  /** Where it is installed. */
  folder: string;
}

export function runtimeDependencies(): Dependency[] {
  const found = new Map<string, Dependency>();
  for (const part of PARTS) {
    const home = join(ROOT, part);
    for (const [name, version] of Object.entries(manifestIn(home).dependencies ?? {})) {
      if (version.startsWith("workspace:")) continue;
      const known = found.get(name) ?? { name, usedBy: [], folder: realpathSync(join(home, "node_modules", name)) };
      known.usedBy.push(part);
      found.set(name, known);
    }
  }
  return [...found.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** The folder itself and those of everything it brings; what is optional depends on the machine and is left out. */
function closureOf(folder: string, seen = new Set<string>()): Set<string> {
  if (seen.has(folder)) return seen;
  seen.add(folder);
  const { name, dependencies = {} } = manifestIn(folder);
  const beside = folder.slice(0, folder.length - name.length);
  for (const dependency of Object.keys(dependencies)) closureOf(realpathSync(join(beside, dependency)), seen);
  return seen;
}

const sizes = new Map<string, number>();

function bytesIn(folder: string): number {
  const bytes = sizes.get(folder) ?? measure(folder);
  sizes.set(folder, bytes);
  return bytes;
}

function measure(folder: string): number {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((file) => !file.startsWith("node_modules"))
    .map((file) => lstatSync(join(folder, file)))
    .reduce((sum, stat) => sum + (stat.isFile() ? stat.size : 0), 0);
}

const mb = (bytes: number) => (bytes / 1e6).toFixed(1);

export function dependencyPage(): string {
  const dependencies = runtimeDependencies();
  const names = new Set(dependencies.map(({ name }) => name));
  for (const name of Object.keys(REASONS)) {
    if (!names.has(name)) throw new Error(`scripts/docs/dependency-page.ts: nothing depends on ${name} any more`);
  }
  const all = new Set<string>();
  const rows = dependencies.map(({ name, usedBy, folder }) => {
    const reason = REASONS[name];
    if (reason === undefined) throw new Error(`scripts/docs/dependency-page.ts: why ${name}?`);
    const manifest = manifestIn(folder);
    const closure = closureOf(folder);
    for (const one of closure) all.add(one);
    const size = [...closure].reduce((sum, one) => sum + bytesIn(one), 0);
    const parts = usedBy.map((part) => part.replace(/^\w+\//, "")).join(", ");
    return [code(name), manifest.version, licenceOf(manifest), String(closure.size - 1), mb(size), parts, reason];
  });
  const total = [...all].reduce((sum, one) => sum + bytesIn(one), 0);
  const licences = [...new Set([...all].map((folder) => licenceOf(manifestIn(folder))))].toSorted();
  return page(
    "Dependencies",
    `What runs in a service, the command line or an SDK: ${dependencies.length} libraries that we name, ${all.size} with everything they bring, ${mb(total)} MB. Versions are pinned exactly; licences of all of them: ${licences.join(", ")}. Nothing of it runs a script when it is installed (\`allowBuilds\` of \`pnpm-workspace.yaml\`).`,
    table(
      ["library", "version", "licence", "brings", "MB with them", "in", "why this one, and what it replaces"],
      rows,
    ),
    "The client has one, `socket.io-client`; React is the app's own. Tests, benches and examples have more, in their `package.json` with a version from the same catalog.",
  );
}
