import { deepEqual, equal, ok } from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describeConfig } from "@rollcall/runtime";
import { Ajv } from "ajv";
import { describe, expect, test } from "vitest";
import { arrowBreaches } from "./arrows.ts";
import { merged, minimal } from "./cases.ts";
import { CHART, generatedFiles, presentFiles } from "./generate.ts";
import { firstLine, GOLDEN, goldenPath } from "./golden.ts";
import { environmentOf, parseManifests } from "./manifests.ts";
import { partsMissing, RULES } from "./rules.ts";
import { SERVICES } from "./schema.ts";
import { isNode, type Node, SCHEMA_RULES, values } from "./schema-rules.ts";
import { BAD } from "./wrong-cases.ts";

const read = (path: string) => readFileSync(join(CHART, path), "utf8");
const schema = JSON.parse(read("values.schema.json")) as Node;
const validate = new Ajv({ strict: false, allErrors: true }).compile(schema);

test("schema, settings, alerts and dashboards of the chart are those of their owners: node deploy/helm/generate.ts", () => {
  const [wanted, present] = [generatedFiles(), presentFiles()];
  deepEqual([...present.keys()].toSorted(), [...wanted.keys()].toSorted());
  for (const [path, text] of wanted) ok(present.get(path) === text, `${path} differs`);
});

describe("the schema", () => {
  test.each(Object.entries(SCHEMA_RULES))("%s", (_, rule) => {
    deepEqual(rule(schema), []);
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
  // Files and groups of Kubernetes have dots too.
  deepEqual(
    unknown.filter((path) => !/\.(md|ts|yaml|json|sh|io|com)$/.test(path)),
    [],
  );
});
/** `stop.drainMs` and `clients.from` are said where it is clear whose. */
const exists = (path: readonly string[], node: Node): boolean =>
  [node, ...Object.values(node).filter(isNode)].some(
    (from) => path.reduce<unknown>((at, key) => (isNode(at) ? at[key] : undefined), from) !== undefined,
  );

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
    deepEqual(arrowBreaches(name, objects), []);
  });

  test("has a Deployment with a budget, a ServiceAccount and an internal Service for each service", () => {
    deepEqual(partsMissing(objects), []);
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
