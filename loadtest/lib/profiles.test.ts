/** Files that must agree with each other: scenarios, the profiles that size them, manifests, and the guide. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "..");
const read = (file: string): string => readFileSync(join(root, file), "utf8");
const namesIn = (folder: string, ending: string): string[] =>
  readdirSync(join(root, folder))
    .filter((file) => file.endsWith(ending))
    .map((file) => file.slice(0, -ending.length))
    .toSorted();
const scenarios = namesIn("scenarios", ".ts");
const profiles = namesIn("profiles", ".json");

describe.each(profiles)("profile %s", (profile) => {
  const sizes = JSON.parse(read(`profiles/${profile}.json`)) as Record<string, Record<string, number>>;

  it("sizes every scenario, with all that it reads", () => {
    expect(Object.keys(sizes).toSorted()).toEqual(scenarios);
    for (const scenario of scenarios) {
      const [, own = ""] = /sizesOf\("[a-z]+", \[(.*?)\]\)/.exec(read(`scenarios/${scenario}.ts`)) ?? [];
      const names = ["vus", "clients", "seconds", ...[...own.matchAll(/"(\w+)"/g)].map(([, name]) => name)];
      expect(Object.keys(sizes[scenario] ?? {}).toSorted(), scenario).toEqual(names.toSorted());
    }
  });

  it("has a manifest", () => {
    expect(read(`k8s/${profile}.yaml`)).toContain(`{ name: PROFILE, value: ${profile} }`);
  });
});

it("smoke lasts seconds", () => {
  const smoke = JSON.parse(read("profiles/smoke.json")) as Record<string, { seconds: number }>;
  for (const { seconds } of Object.values(smoke)) expect(seconds).toBeLessThanOrEqual(30);
});

it("the guide tells of every scenario and nothing else", () => {
  const guide = read("../docs/operations/load.md");
  const told = [...guide.matchAll(/^\*\*([a-z]+)\*\*:/gm)].map(([, name]) => name);
  expect(told.toSorted()).toEqual(scenarios);
});
