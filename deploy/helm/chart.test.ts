import { deepEqual, equal, ok } from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describeConfig } from "@rollcall/runtime";
import { Ajv } from "ajv";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { BAD, GOOD, merged, minimal } from "./cases.ts";
import { CHART, generatedFiles, presentFiles } from "./generate.ts";
import { firstLine, GOLDEN, goldenPath } from "./golden.ts";
import { arrowsOf, environmentOf, isDeniedByDefault, parseManifests, RULES } from "./rules.ts";
import { SERVICES, settableNames, valuesSchema } from "./schema.ts";

const read = (path: string) => readFileSync(join(CHART, path), "utf8");
type Node = { [key: string]: unknown };
const values = parse(read("values.yaml")) as Node;
const schema = JSON.parse(read("values.schema.json")) as Node;
const validate = new Ajv({ strict: false, allErrors: true }).compile(schema);

test("schema, settings, alerts and dashboards of the chart are those of their owners: node deploy/helm/generate.ts", () => {
  const [wanted, present] = [generatedFiles(), presentFiles()];
  deepEqual([...present.keys()].toSorted(), [...wanted.keys()].toSorted());
  for (const [path, text] of wanted) ok(present.get(path) === text, `${path} differs`);
});

describe("the schema", () => {
  test("is closed: every object lists its properties, or the type of any", () => {
    const open: string[] = [];
    visit(valuesSchema(), "", (node, path) => {
      if (node.properties !== undefined && node.additionalProperties !== false) open.push(path);
    });
    deepEqual(open, []);
  });

  test("and values.yaml name the same values", () => {
    const missing: string[] = [];
    const compare = (value: unknown, node: Node, path: string) => {
      const { properties } = resolved(node);
      if (properties === undefined) return;
      const there = isNode(value) ? Object.keys(value) : [];
      const free =
        path.endsWith(".config") || ["digests", "requests", "limits"].some((end) => path.endsWith(`.${end}`));
      for (const key of there) if (!Object.hasOwn(properties as Node, key)) missing.push(`schema: ${path}.${key}`);
      for (const [key, child] of Object.entries(properties as Node)) {
        if (path === "" && key === "global") continue;
        if (!free && !there.includes(key)) missing.push(`values.yaml: ${path}.${key}`);
        compare((value as Node | undefined)?.[key], child as Node, `${path}.${key}`);
      }
    };
    compare(values, schema, "");
    deepEqual(missing, []);
  });

  test.each(Object.entries(GOOD))("accepts %s", (_, over) => {
    ok(validate(merged(values, merged(minimal, over))), JSON.stringify(validate.errors));
  });

  test("offers every setting: by a value of its own, or in config", () => {
    const templates = read("templates/_env.tpl");
    const byName = settableNames();
    for (const [service, config] of Object.entries(SERVICES)) {
      const offered = (name: string) =>
        byName[service as keyof typeof SERVICES].includes(name) || new RegExp(`name: ${name}(_FILE)?,`).test(templates);
      // Where a process listens inside its pod is nobody's choice; INSTANCE is the pod's name.
      const missing = describeConfig(config).filter(
        ({ name }) => !offered(name) && !["HOST", "INSTANCE"].includes(name),
      );
      deepEqual(
        missing.map(({ name }) => name),
        [],
        service,
      );
    }
  });

  test("defaults are the code's: what is not set here behaves as docs/configuration.md says", () => {
    const of = (service: keyof typeof SERVICES, name: string) =>
      describeConfig(SERVICES[service]).find((setting) => setting.name === name)?.default;
    const edge = values.edge as { port: number; stop: Node };
    equal(of("edge", "PORT"), String(edge.port));
    equal(of("edge", "DRAIN_MS"), String(edge.stop.drainMs));
    equal(of("edge", "STOP_GRACE_MS"), String(edge.stop.graceMs));
    equal(of("edge", "INSTALL"), values.install);
  });
});

test("of wrong values the schema refuses those it can, by a name", () => {
  const bySchema = Object.entries(BAD).filter(
    ([, { values: over }]) => !validate(merged(values, merged(minimal, over))),
  );
  equal(bySchema.length >= 7, true);
});

test.each(["install", "upgrade", "sizing"])("the guide of %s names values that there are", (guide) => {
  const text = readFileSync(join(CHART, "../../../docs/operations", `${guide}.md`), "utf8");
  const named = [...text.matchAll(/`([a-zA-Z]+(?:\.[a-zA-Z]+)+)(?=[`:])/g)].map(([, path]) => path!);
  const unknown = named.filter((path) => !exists(path.split("."), values));
  // Files have dots too.
  deepEqual(
    unknown.filter((path) => !/\.(md|ts|yaml|json|sh)$/.test(path)),
    [],
  );
});
/** `stop.drainMs` and `clients.from` are said where it is clear whose. */
const exists = (path: readonly string[], node: Node): boolean =>
  [node, ...Object.values(node).filter(isNode)].some(
    (from) => path.reduce<unknown>((at, key) => (isNode(at) ? at[key] : undefined), from) !== undefined,
  );

/** What a release needs and nothing else: docs/architecture.md, docs/security.md. */
const ARROWS: Record<(typeof GOLDEN)[number], string[]> = {
  minimal: [
    "edge <- clients any",
    ...["edge", "presence", "notifier"].flatMap((service) => [
      `${service} <- internal monitoring`,
      `${service} -> 53 kube-system`,
      `${service} -> 53/udp kube-system`,
      `${service} -> 6379 any`,
      `${service} -> 4222 any`,
    ]),
    "edge -> 443 any",
  ],
  everything: [
    "edge <- clients any",
    "edge <- clients smoke",
    ...["edge", "presence", "notifier"].flatMap((service) => [
      `${service} <- internal monitoring`,
      `${service} -> 53 kube-system`,
      `${service} -> 53/udp kube-system`,
      `${service} -> 6379 any`,
      `${service} -> 4222 any`,
      `${service} -> 4318 any`,
    ]),
    "edge -> 443 any",
    ...[443, 465, 587].map((port) => `notifier -> ${port} any`),
    "smoke -> 53 kube-system",
    "smoke -> 53/udp kube-system",
    "smoke -> 4222 any",
    "smoke -> clients edge",
  ],
};
const peerName = (arrow: string) =>
  arrow.replace(/\[.*"(?:kubernetes\.io\/metadata\.name|app\.kubernetes\.io\/component)":"([^"]*)".*$/, "$1");

describe.each(GOLDEN)("the snapshot of %s", (name) => {
  const text = readFileSync(goldenPath(name), "utf8");
  const objects = parseManifests(text);

  test("is of this chart", () => {
    equal(text.split("\n", 1)[0], firstLine(name));
  });

  test.each(Object.entries(RULES))("%s", (_, rule) => {
    deepEqual(rule(objects), []);
  });

  test("opens exactly the arrows of the architecture, after closing all", () => {
    equal(isDeniedByDefault(objects), true);
    deepEqual(arrowsOf(objects).map(peerName).toSorted(), ARROWS[name].toSorted());
  });

  test("has a Deployment with a budget, a ServiceAccount and an internal Service for each service", () => {
    const names = (kind: string) =>
      objects
        .filter((one) => one.kind === kind)
        .map(({ metadata }) => metadata.name.replace(/^demo-rollcall-/, ""))
        .toSorted();
    deepEqual(names("Deployment"), ["edge", "notifier", "presence"]);
    deepEqual(names("PodDisruptionBudget"), ["edge", "notifier", "presence"]);
    deepEqual(names("ServiceAccount"), ["edge", "notifier", "presence"]);
    deepEqual(names("Service"), ["edge", "edge-internal", "notifier-internal", "presence-internal"]);
  });
});

test("everything: numbers, lists and files arrive as the services read them", () => {
  const objects = parseManifests(readFileSync(goldenPath("everything"), "utf8"));
  const deployment = objects.find(({ kind, metadata }) => kind === "Deployment" && metadata.name.endsWith("-edge"));
  const [container] = Object.values(deployment!.spec.template!.spec!.containers!);
  expect(environmentOf({ container: container! })).toMatchObject({
    LOG_MAX_LEN: "1000000",
    ORIGINS: "https://app.example.com,https://*.example.org",
    TRACE_RATIO: "0.05",
    MAX_CONNECTIONS: "15000",
    REDIS_URL_FILE: "/etc/rollcall/secrets/redis-url",
    NATS_CREDS: "/etc/rollcall/secrets/nats.creds",
  });
});

function visit(node: unknown, path: string, see: (node: Node, path: string) => void): void {
  if (!isNode(node)) return;
  see(node, path);
  for (const [key, child] of Object.entries(node)) visit(child, `${path}/${key}`, see);
}
function resolved(node: Node): Node {
  return node.$ref === undefined ? node : ((schema.definitions as Node).edge as Node);
}
function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
