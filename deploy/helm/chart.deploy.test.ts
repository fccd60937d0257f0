/**
 * The chart through Helm and kubeconform: every set of values, good and wrong. `UPDATE=1` writes the snapshots anew.
 * `./rollcall test deploy chart`; what it needs is brought: deploy/test/tools.ts.
 */

import { deepEqual, equal, match, ok } from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, test } from "vitest";
import { parse, stringify } from "yaml";
import { tool } from "../test/tools.ts";
import { arrowBreaches } from "./arrows.ts";
import { GOOD, merged, minimal, type Values } from "./cases.ts";
import { CHART } from "./generate.ts";
import { GOLDEN, goldenPath, snapshot, valuesOf } from "./golden.ts";
import { type Manifest, parseManifests } from "./manifests.ts";
import { givenMissing, RULES } from "./rules.ts";
import { KUBERNETES, schemaLocations } from "./test/schemas.ts";
import { BAD } from "./wrong-cases.ts";

const folder = mkdtempSync(join(tmpdir(), "rollcall-chart-"));
const renders = join(folder, "renders");
const helm = tool("helm");
const kubeconform = tool("kubeconform");
const locations = schemaLocations().flatMap((location) => ["-schema-location", location]);
beforeAll(() => mkdirSync(renders));
afterAll(() => rmSync(folder, { recursive: true }));

function run(command: string, args: readonly string[], input = "") {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: "utf8", input, maxBuffer: 1 << 28 });
  return { ok: status === 0, stdout, stderr };
}

function withValues(verb: readonly string[], values: Values) {
  const file = join(folder, "values.yaml");
  writeFileSync(file, stringify(values));
  return run(helm, [...verb, CHART, "--namespace", "live", "--values", file]);
}
const render = (values: Values) => withValues(["template", "demo"], values);

describe.each(Object.keys(GOOD))("%s", (name) => {
  let objects: Manifest[] = [];
  test("passes helm lint --strict, and renders", () => {
    const lint = withValues(["lint", "--strict"], valuesOf(name));
    ok(lint.ok, lint.stdout + lint.stderr);
    const { ok: rendered, stdout, stderr } = render(valuesOf(name));
    ok(rendered, stderr);
    objects = parseManifests(stdout);
    writeFileSync(join(renders, `${name.replaceAll(" ", "-")}.yaml`), stdout);
  });

  test.each(Object.entries(RULES))("%s", (_, rule) => deepEqual(rule(objects), []));

  test("denies by default, unless policies are off, and opens what the architecture says", () => {
    deepEqual(arrowBreaches(name, objects), []);
  });

  test("has the labels and annotations that its values give", () => {
    deepEqual(givenMissing(GOOD[name]!, objects), []);
  });
});

// All at once: loading the schemas takes longer than checking.
test.each(KUBERNETES)("all of it is valid to Kubernetes %s and to the CRDs, strictly", (minor) => {
  const args = ["-strict", "-summary", "-kubernetes-version", `${minor}.0`, ...locations, renders];
  const { ok: valid, stdout, stderr } = run(kubeconform, args);
  ok(valid, stdout + stderr);
  match(stdout, new RegExp(`in ${Object.keys(GOOD).length} files.*Skipped: 0`));
});

test.each(Object.entries(BAD))("refuses %s, in words", (_, { values, says }) => {
  const { ok: rendered, stderr } = render(merged(minimal, values));
  ok(!rendered, "it rendered");
  match(stderr, says);
});

test("what Kubernetes does not have by itself is named before the first step of the guide", () => {
  const guide = readFileSync(join(CHART, "../../../docs/operations/install.md"), "utf8");
  const [before = ""] = guide.split("\n## ");
  const [, values = ""] = /```yaml\n(.*?)```/s.exec(guide)!;
  const rendered = [parse(values) as Values, ...Object.keys(GOOD).map(valuesOf)].map((one) => render(one).stdout);
  const groups = rendered.flatMap((text) => [...text.matchAll(/^apiVersion: (.+)\/v/gm)].map(([, group]) => group!));
  const others = new Set(groups.filter((group) => group.includes(".") && !OF_KUBERNETES.has(group)));
  deepEqual([others.size > 2, [...others].filter((group) => !before.includes(`\`${group}\``))], [true, []]);
});
const OF_KUBERNETES = new Set(["networking.k8s.io"]);

const NOTES: Record<string, RegExp[]> = {
  minimal: [
    /rollout status deployment -l app\.kubernetes\.io\/instance=demo/,
    /port-forward service\/demo-rollcall-edge 4000:clients/,
    /`helm test` is off/,
    /No page may connect/,
    /No contracts/,
    /Inboxes and queues share/,
  ],
  everything: [/2\. Connect:\s+https:\/\/live\.example\.com/, /helm -n live test demo/],
  pools: [/to pool acme:\s+kubectl.*demo-rollcall-edge-acme/, /to pool web:\s+https:\/\/live/],
  bare: [/Network policies are off/],
  "other ports": [
    /networkPolicy\.redis\.ports \(6379\) has not 6380, the port of redis\.url:/,
    /networkPolicy\.nats\.ports \(4222\) has not 4223, the port of nats\.url:/,
    /networkPolicy\.jwks\.ports \(443\) has not 8443, the port of auth\.jwks\.url:/,
    /networkPolicy\.otlp\.ports \(4318\) has not 80, the port of telemetry\.otlpEndpoint:/,
  ],
};
test.each(Object.entries(NOTES))("the notes of %s say how to go on", (name, says) => {
  const { ok: rendered, stdout, stderr } = withValues(["install", "--dry-run=client", "demo"], valuesOf(name));
  ok(rendered, stderr);
  const [, notes = ""] = stdout.split("\nNOTES:\n");
  for (const words of says) match(notes, words);
  equal(/networkPolicy\.\w+\.ports/.test(notes), name === "other ports", notes);
});

test.each(GOLDEN)("the snapshot of %s is what Helm renders", (name) => {
  const rendered = snapshot(name, render(valuesOf(name)).stdout);
  if (process.env.UPDATE === "1") writeFileSync(goldenPath(name), rendered);
  equal(readFileSync(goldenPath(name), "utf8"), rendered);
});
