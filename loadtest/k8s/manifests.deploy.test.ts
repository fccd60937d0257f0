/**
 * The manifests, as far as they can be held against schemas that are to be had everywhere: what the operator makes of a
 * `TestRun` is a pod with the fields of its `runner`, and that must be valid. README.md says how to ask the CRD itself.
 */

import { equal, ok } from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { KUBERNETES, schemaLocations } from "../../deploy/helm/test/schemas.ts";
import { tool } from "../../deploy/test/tools.ts";

interface TestRun {
  apiVersion: string;
  kind: string;
  spec: { parallelism: number; runner: Record<string, unknown> };
}

const files = globSync("*.yaml", { cwd: import.meta.dirname });
const read = (file: string) => parse(readFileSync(join(import.meta.dirname, file), "utf8")) as TestRun;
const kubeconform = tool("kubeconform");
const locations = schemaLocations().flatMap((location) => ["-schema-location", location]);

test.each(KUBERNETES)("the pods are valid to Kubernetes %s, strictly", (minor) => {
  const pods = files.map((file) => podOf(read(file)));
  const { status, stdout, stderr } = spawnSync(
    kubeconform,
    ["-strict", "-summary", "-kubernetes-version", `${minor}.0`, ...locations],
    { encoding: "utf8", input: pods.map((pod) => JSON.stringify(pod)).join("\n---\n") },
  );
  ok(status === 0, stdout + stderr);
  expect(stdout).toContain(`${files.length} resources found`);
});

test.each(files)("%s: a TestRun whose pods have VUs to run, in every scenario", (file) => {
  const { apiVersion, kind, spec } = read(file);
  equal(`${apiVersion} ${kind}`, "k6.io/v1alpha1 TestRun");
  const profile = join(import.meta.dirname, "../profiles", `${basename(file, ".yaml")}.json`);
  const sizes = JSON.parse(readFileSync(profile, "utf8")) as Record<string, { vus: number }>;
  for (const [scenario, { vus }] of Object.entries(sizes)) {
    ok(vus >= spec.parallelism || scenario !== "presence", `${scenario}: ${vus} VUs for ${spec.parallelism} pods`);
  }
});

function podOf({ spec }: TestRun) {
  const { image, env, resources, volumeMounts, initContainers, securityContext, volumes } = spec.runner;
  const container = { name: "k6", image, env, resources, volumeMounts };
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "run" },
    spec: { containers: [container], initContainers, securityContext, volumes },
  };
}
