/** Alerts, dashboards and runbooks against each other and against the metrics that exist; promtool is not needed. */

import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createMetrics } from "@rollcall/runtime";
import { METRICS } from "@rollcall/telemetry";
import { describe, expect, test } from "vitest";
import { PROCESS_METRICS } from "./docs/process-metrics.ts";

const ROOT = join(import.meta.dirname, "..");
const read = (file: string) => readFileSync(join(ROOT, file), "utf8");
const RULES = read("deploy/prometheus/rules.yaml");
const TESTS = ["tests", "tests-budgets"].map((name) => read(`deploy/prometheus/${name}.yaml`)).join("");
const DASHBOARDS = ["overview", "edge", "presence", "notifier", "lineage"];

interface Alert {
  name: string;
  text: string;
}
const ALERTS: Alert[] = RULES.split(/^ {6}- (?=alert:|record:)/m)
  .filter((part) => part.startsWith("alert:"))
  .map((text) => ({ name: /^alert: (\S+)/.exec(text)![1]!, text }));

const EXISTING = new Map<string, string>(
  [...Object.values(METRICS), ...PROCESS_METRICS].map(({ name, type }) => [name, type]),
);

/** Names that no process exports or no page explains: `_bucket` and the like belong to histograms only. */
function unknownMetrics(text: string): string[] {
  const used = new Set(text.match(/\b(?:rollcall|process|nodejs)_[a-z_]+\b/g));
  return [...used].filter((name) => {
    const base = name.replace(/_(?:bucket|sum|count)$/, "");
    return !EXISTING.has(name) && EXISTING.get(base) !== "histogram";
  });
}

/** The series that the rules themselves record. */
const RECORDED = new Set(RULES.match(/(?<=record: )\S+/g));
const unrecorded = (text: string) =>
  [...new Set(text.match(/\brollcall:[a-z_:0-9]+/g))].filter((name) => !RECORDED.has(name));

describe.each(ALERTS)("$name", ({ name, text }) => {
  test("says how urgent it is and what happened, and has a runbook that says it is meant", () => {
    expect(text).toMatch(/severity: (page|ticket)\b/);
    expect(text).toMatch(/summary: ./);
    const runbook = /runbook: (\S+)/.exec(text)![1]!;
    expect(existsSync(join(ROOT, runbook)), runbook).toBe(true);
    const page = read(runbook);
    expect(page).toContain(`\`${name}\``);
    for (const part of ["Symptom", "First look", "Likely causes", "Commands", "Escalate"])
      expect(page).toContain(`## ${part}`);
  });

  test("has series that make it fire and series that leave it silent", () => {
    const of = TESTS.split("\n").flatMap((line, i, lines) =>
      line.includes(`alertname="${name}"`) ? [/exp_samples: (\[.*)/.exec(lines[i + 2] ?? "")?.[1] !== "[]"] : [],
    );
    expect(of.toSorted()).toContain(true);
    expect(of).toContain(false);
  });
});

test("what is explained of a process is what it exports", async () => {
  const exported = await createMetrics({ processMetrics: true }).render();
  for (const { name, type } of PROCESS_METRICS) expect(exported).toContain(`# TYPE ${name} ${type}\n`);
});

test("every metric and recorded series of the rules exists", () => {
  expect(ALERTS.length).toBeGreaterThan(20);
  expect([unknownMetrics(RULES), unrecorded(RULES)]).toEqual([[], []]);
});

test.each(DASHBOARDS)("the dashboard %s asks for what exists, in every panel", (name) => {
  const { panels } = JSON.parse(read(`deploy/grafana/${name}.json`)) as {
    panels: { type: string; title: string; targets?: { expr: string }[] }[];
  };
  const asking = panels.filter(({ type }) => type !== "row");
  expect(asking.length).toBeGreaterThan(5);
  for (const { title, targets = [] } of asking) {
    expect(targets.length, title).toBeGreaterThan(0);
    for (const { expr } of targets) expect([unknownMetrics(expr), unrecorded(expr)], title).toEqual([[], []]);
  }
});

test("what a runbook looks for in /metrics is there", () => {
  const looked = globSync("docs/operations/runbooks/*.md", { cwd: ROOT }).flatMap((file) =>
    [...read(file).matchAll(/metrics \| grep (?:-E )?(["']?)(\S+?)\1$/gm)].flatMap(([, , pattern]) =>
      pattern!.replace("(sum|count)", "sum").replace("{", "").split("|"),
    ),
  );
  expect(looked.length).toBeGreaterThan(20);
  const names = [...EXISTING].flatMap(([name, type]) =>
    type === "histogram" ? [`${name}_sum`, `${name}_count`] : [name],
  );
  expect(looked.filter((part) => !names.some((name) => new RegExp(part).test(name)))).toEqual([]);
});

test("no runbook names a metric that does not exist, and no link leads nowhere", () => {
  for (const file of globSync(["docs/operations/{README,slo}.md", "docs/operations/{runbooks,incidents}/*.md"], {
    cwd: ROOT,
  })) {
    const text = read(file);
    expect([file, unknownMetrics(text.replaceAll(/^.*record:.*$/gm, ""))]).toEqual([file, []]);
    for (const [, link] of text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)) {
      expect(existsSync(join(ROOT, file, "..", link!)), `${file} -> ${link}`).toBe(true);
    }
  }
});
