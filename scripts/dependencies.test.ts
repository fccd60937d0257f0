/** Nothing is depended upon that nothing imports; nothing is pinned that nothing depends on. */

import { globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "..");
const read = (file: string) => readFileSync(join(ROOT, file), "utf8");
const exclude = (path: string) => path.includes("node_modules");
const manifests = globSync(["package.json", "{packages,services,examples,loadtest,deploy}/**/package.json"], {
  cwd: ROOT,
  exclude,
}).map((file) => ({ file, content: JSON.parse(read(file)) as Record<string, Record<string, string> | undefined> }));

describe("what the parts name as dependencies", () => {
  const parts = manifests.filter(({ file }) => /^(?:packages|services)\/[^/]+\/package\.json$/.test(file));
  test.each(parts)("$file: its sources import it", ({ file, content }) => {
    const sources = globSync(`${dirname(file)}/{src,bench}/**/*.{ts,tsx}`, { cwd: ROOT, exclude })
      .filter((source) => !/\.test\.tsx?$/.test(source))
      .map(read)
      .join("\n");
    const unused = Object.keys(content.dependencies ?? {}).filter(
      (name) => !sources.includes(`"${name}"`) && !sources.includes(`"${name}/`),
    );
    expect(unused).toEqual([]);
  });
});

test("every version of the catalog is somebody's", () => {
  const [, catalog = ""] = /^catalog:\n((?: .*\n)+)/m.exec(read("pnpm-workspace.yaml")) ?? [];
  const pinned = [...catalog.matchAll(/^ {2}"?([^":]+)"?: \S+$/gm)].map(([, name]) => name!);
  expect(pinned.length).toBeGreaterThan(50);
  const named = new Set(
    manifests.flatMap(({ content }) =>
      ["dependencies", "devDependencies", "peerDependencies"].flatMap((kind) => Object.keys(content[kind] ?? {})),
    ),
  );
  expect(pinned.filter((name) => !named.has(name))).toEqual([]);
});
