/**
 * What an image holds: a workspace of one program and the packages it needs, sources without tests, and production
 * dependencies as the lockfile pins them. `node deploy/docker/tree.ts edge /out` writes it; the only network is the
 * package registry. The sources stay TypeScript: Node runs them as they are, and a stack trace names the line one reads.
 */

import { execFileSync } from "node:child_process";
import { cpSync, globSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { buildInfo } from "@rollcall/runtime";
import { parse, stringify } from "yaml";

const ROOT = join(import.meta.dirname, "../..");

/** The file that each image runs. */
export const PROGRAMS = {
  edge: "services/edge/src/main.ts",
  presence: "services/presence/src/main.ts",
  notifier: "services/notifier/src/main.ts",
  smoke: "deploy/smoke/smoke.ts",
} as const;
export type Program = keyof typeof PROGRAMS;

interface Package {
  name: string;
  version: string;
  type: string;
  exports?: unknown;
  dependencies?: Record<string, string>;
}
const packageAt = (folder: string) => JSON.parse(readFileSync(join(ROOT, folder, "package.json"), "utf8")) as Package;

/** Folders of the program's package and of every package of ours that it needs at run time. */
export function closureOf(program: Program): string[] {
  const folders = globSync(["packages/*", "services/*", "deploy/smoke"], { cwd: ROOT });
  const byName = new Map(folders.map((folder) => [packageAt(folder).name, folder]));
  const found = new Set<string>();
  const add = (name: string) => {
    const folder = byName.get(name);
    if (folder === undefined || found.has(folder)) return;
    found.add(folder);
    Object.keys(packageAt(folder).dependencies ?? {}).forEach(add);
  };
  add(`@rollcall/${program}`);
  return [...found].toSorted();
}

const isShipped = (path: string) => !/(\.test\.tsx?|\/(node_modules|test|bench|scripts|vectors|react))$/.test(path);

export function writeTree(program: Program, out: string): void {
  const folders = closureOf(program);
  for (const folder of folders) {
    mkdirSync(join(out, folder), { recursive: true });
    // Neither what only tests need, nor peers: React is the choice of whoever uses the client's hooks.
    const { name, version, type, exports, dependencies } = packageAt(folder);
    writeFileSync(join(out, folder, "package.json"), JSON.stringify({ name, version, type, exports, dependencies }));
    const sources = globSync(folder === "deploy/smoke" ? "*.ts" : "src", { cwd: join(ROOT, folder) });
    for (const source of sources) {
      cpSync(join(ROOT, folder, source), join(out, folder, source), { recursive: true, filter: isShipped });
    }
  }
  // What `rollcall_build_info` tells.
  const { commit = "" } = buildInfo();
  if (folders.includes("packages/runtime")) writeFileSync(join(out, "packages/runtime/COMMIT"), commit);
  const { catalog, overrides, allowBuilds } = parse(readFileSync(join(ROOT, "pnpm-workspace.yaml"), "utf8")) as Record<
    string,
    unknown
  >;
  writeFileSync(join(out, "pnpm-workspace.yaml"), stringify({ packages: folders, catalog, overrides, allowBuilds }));
  writeFileSync(
    join(out, "package.json"),
    JSON.stringify({ name: `rollcall-${program}`, private: true, type: "module" }),
  );
  writeFileSync(join(out, "pnpm-lock.yaml"), prunedLockfile(folders));
  const install = ["install", "--prod", "--ignore-scripts", "--frozen-lockfile"];
  execFileSync("pnpm", install, { cwd: out, stdio: ["ignore", "ignore", "inherit"] });
}

/** The same pins, for these packages alone. */
function prunedLockfile(folders: readonly string[]): string {
  const { importers, ...lockfile } = parse(readFileSync(join(ROOT, "pnpm-lock.yaml"), "utf8")) as {
    importers: Record<string, { dependencies?: unknown }>;
  };
  const kept = folders.map((folder) => [folder, { dependencies: importers[folder]?.dependencies ?? {} }]);
  return stringify({ ...lockfile, importers: { ".": {}, ...Object.fromEntries(kept) } });
}

if (import.meta.main) {
  const [program = "", out = ""] = process.argv.slice(2);
  if (!Object.hasOwn(PROGRAMS, program) || out === "") {
    process.stderr.write(`usage: node deploy/docker/tree.ts ${Object.keys(PROGRAMS).join("|")} FOLDER\n`);
    process.exit(2);
  }
  mkdirSync(dirname(resolve(out)), { recursive: true });
  writeTree(program as Program, resolve(out));
}
