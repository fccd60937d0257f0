/**
 * A chart that has lost one thing fails a test of its name: every line of the templates with what is below it, every value
 * and every keyword of the schema are taken away in turn. For what keeps a release safe a snapshot is not enough: who
 * changes the chart writes it anew. `./rollcall test campaign chart-mutants`; with ONLY=networkpolicy of the lines of the
 * templates those with that in them.
 */

import { deepEqual } from "node:assert/strict";
import { execFile, spawnSync } from "node:child_process";
import { cpSync, globSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { tempFolder } from "@rollcall/testkit";
import { beforeAll, test } from "vitest";
import { stringify } from "yaml";
import { tool } from "../test/tools.ts";
import { arrowBreaches } from "./arrows.ts";
import { GOOD, merged, minimal, type Values } from "./cases.ts";
import { CHART } from "./generate.ts";
import { GOLDEN, goldenPath, snapshot, valuesOf } from "./golden.ts";
import { parseManifests } from "./manifests.ts";
import { schemaMutants, templateMutants } from "./mutants.ts";
import { givenMissing, partsMissing, RULES } from "./rules.ts";
import { valuesSchema } from "./schema.ts";
import { SCHEMA_RULES } from "./schema-rules.ts";
import { KUBERNETES, schemaLocations } from "./test/schemas.ts";
import { BAD } from "./wrong-cases.ts";

/** Not to be left to a snapshot: probes, policies, time to stop, rights in the container and of the pod. */
const SAFETY =
  /^templates\/(_security|_networkpolicy\.tpl|networkpolicy)|Probe:|_component\S+ .*((period|timeout)Seconds|failureThreshold)|lifecycle|preStop|terminationGrace|automount|securityContext|SecurityContext|PodDisruptionBudget|checks?\b/;
const SNAPSHOT = "the snapshot is what Helm renders";

const schema = valuesSchema();
const folder = tempFolder("chart-mutants");
const renders = join(folder, "renders");
const isGolden = (name: string) => GOLDEN.some((golden) => golden === name);
/** The fullest first: most show there. */
const SETS = ["everything", "the rest", "minimal", ...Object.keys(GOOD).filter((name) => !isGolden(name))];
const templates = globSync("templates/**/*.{tpl,yaml}", { cwd: CHART }).toSorted();
const locations = schemaLocations().flatMap((location) => ["-schema-location", location]);
const run = promisify(execFile);

/** What Helm makes of the whole chart, by set of values. */
const whole = new Map<string, string>();
beforeAll(async () => {
  mkdirSync(renders);
  const chart = join(folder, "whole");
  cpSync(CHART, chart, { recursive: true });
  for (const name of SETS) whole.set(name, (await render(chart, valuesOf(name))).stdout);
});

async function render(chart: string, values: Values) {
  const file = `${chart}.values.yaml`;
  writeFileSync(file, stringify(values));
  const args = ["template", "demo", chart, "--namespace", "live", "--values", file];
  return run(tool("helm"), args, { maxBuffer: 1 << 28 }).then(
    ({ stdout }) => ({ ok: true, stdout, stderr: "" }),
    ({ stderr }: { stderr: string }) => ({ ok: false, stdout: "", stderr }),
  );
}

/** As its test would: what a rule cannot read fails it too. */
function fails(rule: () => readonly string[]): boolean {
  try {
    return rule().length > 0;
  } catch {
    return true;
  }
}

/** The title of a test that fails. Undefined: what it renders, in `renders` below that name, has to pass kubeconform too. */
async function caughtBy(chart: string, mutant: string, isSafety: boolean): Promise<string | undefined> {
  const [title, offers] = Object.entries(SCHEMA_RULES).find(([name]) => name.startsWith("offers every setting"))!;
  if (offers(schema, chart).length > 0) return title;
  for (const name of SETS) {
    const { ok, stdout } = await render(chart, valuesOf(name));
    if (!ok) return "passes helm lint --strict, and renders";
    // These values do not come to where something is gone.
    if (stdout === whole.get(name)) continue;
    const objects = parseManifests(stdout);
    const broken = Object.entries(RULES).find(([, rule]) => fails(() => rule(objects)));
    if (broken !== undefined) return broken[0];
    if (fails(() => arrowBreaches(name, objects))) return "opens exactly the arrows of the architecture";
    if (fails(() => givenMissing(GOOD[name]!, objects))) return "has the labels and annotations that its values give";
    if (isGolden(name) && fails(() => partsMissing(objects))) {
      return "has a Deployment with a budget, a ServiceAccount and an internal Service for each service";
    }
    if (isGolden(name) && !isSafety && snapshot(name, stdout) !== readFileSync(goldenPath(name), "utf8"))
      return SNAPSHOT;
    writeFileSync(join(renders, `${mutant}--${name.replaceAll(" ", "-")}.yaml`), stdout);
  }
  return undefined;
}

/** The title of a set of wrong values that is not refused any more. */
async function accepted(chart: string): Promise<string | undefined> {
  for (const [name, { values, says }] of Object.entries(BAD)) {
    const { ok, stderr } = await render(chart, merged(minimal, values));
    if (ok || !says.test(stderr)) return `refuses ${name}, in words`;
  }
  return undefined;
}

/** The mutants of which something is invalid. All files at once: loading the schemas takes longer than checking. */
function invalid(): Set<string> {
  const found = KUBERNETES.flatMap((minor) => {
    const args = ["-strict", "-output", "json", "-kubernetes-version", `${minor}.0`, ...locations, renders];
    const { stdout } = spawnSync(tool("kubeconform"), args, { encoding: "utf8", maxBuffer: 1 << 28 });
    return (JSON.parse(stdout) as { resources: { filename: string }[] }).resources;
  });
  return new Set(found.map(({ filename }) => basename(filename).split("--")[0]!));
}

test("every line of the templates", async () => {
  const waiting = templates
    .flatMap((path) => {
      const text = readFileSync(join(CHART, path), "utf8");
      return templateMutants(path, text).map((mutant) => ({ path, text, ...mutant }));
    })
    .filter(({ what }) => what.includes(process.env.ONLY ?? ""))
    .entries();
  const by: string[] = [];
  const left = new Map<string, string>();
  /** Each has a chart of its own, and takes the next that waits. */
  const worker = async (_: unknown, self: number) => {
    const chart = join(folder, `chart-${self}`);
    cpSync(CHART, chart, { recursive: true });
    for (const [i, { path, text, what, mutated }] of waiting) {
      writeFileSync(join(chart, path), mutated);
      const caught =
        (await caughtBy(chart, String(i), SAFETY.test(what))) ??
        (/\bchecks?/i.test(what) ? await accepted(chart) : undefined);
      if (caught === undefined) left.set(String(i), what);
      else by.push(caught);
      writeFileSync(join(chart, path), text);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
  const bad = [...invalid()].filter((i) => left.has(i));
  by.push(...bad.map(() => "all of it is valid to Kubernetes, strictly"));
  for (const i of bad) left.delete(i);
  report("lines of the templates", by, left.size);
  deepEqual([...left.values()], []);
});

test("every value and every keyword of the schema", () => {
  const by: string[] = [];
  const survivors: string[] = [];
  for (const { what, mutated } of schemaMutants(schema)) {
    const caught = Object.entries(SCHEMA_RULES).find(([, rule]) => rule(mutated).length > 0);
    if (caught === undefined) survivors.push(what);
    else by.push(caught[0]);
  }
  report("values and keywords of the schema", by, survivors.length);
  deepEqual(survivors, []);
});

/** How many are caught, by the title of the first test that fails. */
function report(what: string, by: readonly string[], left: number): void {
  const lines = [...new Set(by)].map((title) => `${by.filter((one) => one === title).length} ${title}`);
  console.log(`${by.length + left} ${what}, ${left} not noticed:\n${lines.join("\n")}`);
}
