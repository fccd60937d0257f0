/** What must hold of the schema of the chart's values. Each rule takes it and returns a line per breach. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type ConfigSchema, describeConfig } from "@rollcall/runtime";
import { Ajv } from "ajv";
import { parse } from "yaml";
import { GOOD, merged, minimal, type Values } from "./cases.ts";
import { CHART } from "./generate.ts";
import { SERVICES } from "./schema.ts";

export type Node = { [key: string]: unknown };
export const isNode = (value: unknown): value is Node =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const mapOf = (value: unknown): Node => (isNode(value) ? value : {});

export const values = parse(readFileSync(join(CHART, "values.yaml"), "utf8")) as Values;
const OF_THREE = ["edge", "presence", "notifier"];
const PEERS = ["dns", "redis", "sentinels", "nats", "otlp", "jwks", "channels"];

/** Objects of Kubernetes, which checks them when they are applied, and what is the user's own. */
const FREE =
  /\.(global|requests|limits|tolerations\[\]|affinity|topologySpreadConstraints\[\]|parentRefs\[\]|to\[\]|from\[\]|data)$/;
/** Where values.yaml names none of what may be there. */
const OPTIONAL = /\.(config|digests|requests|limits)$/;

/** Every schema in a schema, with the path of the values it is about: `.edge.port`, `.redis.sentinels[]`, `.podLabels.*`. */
export function visit(node: Node, see: (node: Node, path: string) => void, path = ""): void {
  see(node, path);
  for (const [name, child] of Object.entries(mapOf(node.definitions))) visit(child as Node, see, `.${name}`);
  for (const [name, child] of Object.entries(mapOf(node.properties))) visit(child as Node, see, `${path}.${name}`);
  if (isNode(node.items)) visit(node.items, see, `${path}[]`);
  if (isNode(node.additionalProperties)) visit(node.additionalProperties, see, `${path}.*`);
}
const each =
  (judge: (node: Node, path: string) => string | false) =>
  (schema: Node): string[] => {
    const breaches: string[] = [];
    visit(schema, (node, path) => {
      const breach = judge(node, path);
      if (breach !== false) breaches.push(`${path}: ${breach}`);
    });
    return breaches;
  };

const bothComponents = (path: string, value: unknown): [string, unknown][] => [
  ...OF_THREE.map((service): [string, unknown] => [`${service}.${path}`, value]),
  [`edgePools.acme.${path}`, value],
];
/** One value each that is out of bounds, and nothing else about it is wrong. */
const WRONG: [path: string, value: unknown][] = [
  ["install", "Blue Green"],
  ["image.repository", ""],
  ["config.JWT_ALGORITHMS", ["HS256"]],
  ["edge.config.JWT_ALGORITHMS", ["HS256"]],
  ...[...OF_THREE, "smoke"].map((name): [string, unknown] => [`image.digests.${name}`, "sha256:short"]),
  ["image.pullPolicy", "Sometimes"],
  ["contracts.files", { "board.txt": "" }],
  ["auth.jwks.url", "ftp://keys"],
  ["redis.mode", "sharded"],
  ["redis.url", "http://redis"],
  ["redis.durable.url", "http://redis"],
  ["nats.url", "http://nats"],
  ["nats.inboxPrefix", "_INBOX edge"],
  ["nats.streams", "maybe"],
  ["telemetry.otlpEndpoint", "collector:4318"],
  ["internalPort", 0],
  ["internalPort", 65_536],
  ["edge.port", 0],
  ["edge.port", 65_536],
  ["edgePools", { "A b": {} }],
  ...bothComponents("replicas", 0),
  ...bothComponents("stop.graceMs", 999),
  ...bothComponents("stop.terminationGracePeriodSeconds", -1),
  ...["rollingUpdate.maxSurge", "rollingUpdate.maxUnavailable", "pdb.maxUnavailable"].flatMap((path) => [
    ...bothComponents(path, "ten"),
    ...bothComponents(path, -1),
  ]),
  ...bothComponents("autoscaling.mode", "both"),
  ...bothComponents("autoscaling.minReplicas", 0),
  ...bothComponents("autoscaling.maxReplicas", 0),
  ...bothComponents("autoscaling.cpuPercent", 0),
  ...bothComponents("autoscaling.cpuPercent", 101),
  ...bothComponents("autoscaling.scaleDownSeconds", -1),
  ...bothComponents("autoscaling.scaleDownSeconds", 3_601),
  ["edge.autoscaling.sockets", -1],
  ["edge.autoscaling.prometheusUrl", "prometheus:9090"],
  ["edge.stop.preStopSeconds", -1],
  ["edge.stop.preStopSeconds", 301],
  ["edge.stop.drainMs", -1],
  ["edge.service.type", "ExternalName"],
  ["edge.ingress.hosts", ["a b"]],
  ["edge.httpRoute.hostnames", ["a b"]],
  ["notifier.autoscaling.lag", -1],
  ...PEERS.flatMap((peer) =>
    [[], [0], [65_536]].map((ports): [string, unknown] => [`networkPolicy.${peer}.ports`, ports]),
  ),
  ["monitoring.monitor", "both"],
  ["monitoring.interval", "often"],
];
const at = (path: string, value: unknown): Values =>
  path.split(".").reduceRight<unknown>((inner, name) => ({ [name]: inner }), value) as Values;

/** A keyword that the settings' own schemas have too. */
const BOUNDS = ["minimum", "maximum", "pattern", "enum"];

const compiled = (schema: Node) => new Ajv({ strict: false }).compile(schema);
const withCase = (over: Values) => merged(values, merged(minimal, over));

/** Cheap ones first: the last two compile the schema. */
export const SCHEMA_RULES: Record<string, (schema: Node, chart?: string) => string[]> = {
  "is closed: every object lists its properties, or the type of any": each(
    ({ type, properties, additionalProperties }, path) =>
      properties === undefined
        ? type === "object" && !isNode(additionalProperties) && !FREE.test(path) && "anything may be in it"
        : additionalProperties !== false && "is open",
  ),
  "says of every value what it may be": each(
    ({ type, enum: choice, $ref, items }, path) =>
      (type === undefined && choice === undefined && $ref === undefined && "has no type") ||
      (type === "array" && !isNode(items) && `lists anything (${path})`),
  ),
  "and values.yaml name the same values": (schema) => {
    const missing: string[] = [];
    const compare = (value: unknown, node: Node, path: string) => {
      const { properties } = node.$ref === undefined ? node : (mapOf(schema.definitions).edge as Node);
      if (properties === undefined) return;
      for (const key of Object.keys(mapOf(value)))
        if (!Object.hasOwn(properties as Node, key)) missing.push(`schema: ${path}.${key}`);
      for (const [key, child] of Object.entries(properties as Node)) {
        if (path === "" && key === "global") continue;
        if (!OPTIONAL.test(path) && !Object.hasOwn(mapOf(value), key)) missing.push(`values.yaml: ${path}.${key}`);
        compare(mapOf(value)[key], child as Node, `${path}.${key}`);
      }
    };
    compare(values, schema, "");
    return missing;
  },
  "offers every setting, with the bounds of its service: by a value of its own, or in config": (
    schema,
    chart = CHART,
  ) => {
    const templates = readFileSync(join(chart, "templates/_env.tpl"), "utf8");
    const definitions = { ...mapOf(schema.properties), ...mapOf(schema.definitions) };
    return Object.entries(SERVICES).flatMap(([service, config]: [string, ConfigSchema]) => {
      const offered = configOf(definitions[service]);
      const shared = configOf(schema);
      return describeConfig(config).flatMap(({ name, type }) => {
        // Where a process listens inside its pod is nobody's choice; INSTANCE is the pod's name.
        if (["HOST", "INSTANCE"].includes(name) || new RegExp(`name: ${name}(_FILE)?,`).test(templates)) return [];
        const own = config.object.properties[name] as unknown as Node;
        // A duration is written as text here, its bounds are the service's to check.
        const bounds = type === "duration" ? ["pattern"] : BOUNDS.filter((bound) => own[bound] !== undefined);
        return [offered[name], shared[name]].flatMap((node) => {
          if (!isNode(node)) return [`${service} ${name} is not offered`];
          return bounds
            .filter((bound) => node[bound] === undefined)
            .map((bound) => `${service} ${name} has no ${bound}`);
        });
      });
    });
  },
  "accepts every set of values that must render": (schema) => {
    const validate = compiled(schema);
    return Object.entries(GOOD).flatMap(([name, over]) =>
      validate(withCase(over)) ? [] : [`${name}: ${JSON.stringify(validate.errors)}`],
    );
  },
  "refuses every value that is out of bounds": (schema) => {
    const validate = compiled(schema);
    return WRONG.flatMap(([path, value]) => (validate(withCase(at(path, value))) ? [`${path}: ${value}`] : []));
  },
};

function configOf(node: unknown): Node {
  return mapOf(mapOf(mapOf(mapOf(node).properties).config).properties);
}
