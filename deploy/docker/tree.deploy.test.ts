/**
 * What the images hold, run as the images run it: each program from its own tree, as a user that owns nothing (where the
 * test may change users), with Node's permission model in place of a read-only root: a write outside /tmp is an error.
 * `./rollcall test deploy tree`.
 */

import { deepEqual, equal, ok } from "node:assert/strict";
import { chmodSync, existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { buildInfo } from "@rollcall/runtime";
import { type Child, REPOSITORY, startChild, tempFolder } from "@rollcall/testkit";
import { afterAll, beforeAll, describe, test } from "vitest";
import { serveAndStop } from "./serve.ts";
import { closureOf, PROGRAMS, type Program, writeTree } from "./tree.ts";

const NAMES = Object.keys(PROGRAMS) as Program[];
const NOBODY = 65_532;
const trees = tempFolder("trees");
const scratch = tempFolder("scratch");
const logFile = (name: string) => join(trees, `${name}.log`);
const logOf = (name: string) => readFileSync(logFile(name), "utf8");
const undo: (() => Promise<unknown>)[] = [];

beforeAll(() => {
  chmodSync(trees, 0o755);
  chmodSync(scratch, 0o777);
  for (const name of NAMES) writeTree(name, join(trees, name));
});
afterAll(async () => {
  for (const step of undo.reverse()) await step();
});

/** With nothing of this process' environment. */
function start(program: Program, env: Record<string, string>): Promise<Child> {
  const entry = join(trees, program, PROGRAMS[program]);
  const options = ["--permission", "--allow-fs-read=*", `--allow-fs-write=${scratch}`];
  const node = [process.execPath, ...options, entry];
  const user = [`--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups", "--no-new-privs"];
  const [command = "", ...args] = process.getuid?.() === 0 ? ["setpriv", ...user, ...node] : node;
  return startChild({ command, args, env, cwd: "/", logFile: logFile(program) });
}

describe.each(NAMES)("the tree of %s", (program) => {
  test("has its program, and production dependencies only", () => {
    ok(existsSync(join(trees, program, PROGRAMS[program])));
    const present = globSync("node_modules/.pnpm/*", { cwd: join(trees, program) }).map((path) => path.split("/")[2]);
    const tools = present.filter((name) =>
      /^(vitest|typescript|fast-check|@biomejs|oxlint|turbo|vite|rolldown)[@+]/.test(name!),
    );
    deepEqual(tools, []);
    ok(!closureOf(program).some((folder) => /testkit$|cli$/.test(folder)));
  });

  test("says which commit it is", () => {
    const file = join(trees, program, "packages/runtime/COMMIT");
    equal(existsSync(file), closureOf(program).includes("packages/runtime"));
    if (existsSync(file)) equal(readFileSync(file, "utf8"), buildInfo().commit ?? "");
  });

  test("has no test, and nothing that is newer than the lockfile", () => {
    deepEqual(globSync("{packages,services,deploy}/**/*.test.ts", { cwd: join(trees, program) }), []);
    const pins = (text: string) => new Set(text.match(/^ {2}'?[@a-z][^\s']*@\d[^\s:']*/gm)?.map((line) => line.trim()));
    const all = pins(readFileSync(join(REPOSITORY, "pnpm-lock.yaml"), "utf8").replaceAll("'", ""));
    const kept = pins(readFileSync(join(trees, program, "pnpm-lock.yaml"), "utf8").replaceAll(/['"]/g, ""));
    deepEqual(
      [...kept].filter((pin) => !all.has(pin)),
      [],
    );
  });
});

test("the three services start, serve the smoke test with its trace, and stop with 0", () =>
  serveAndStop({ scratch, start, logOf }, undo));
