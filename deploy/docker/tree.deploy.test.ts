/**
 * What build.sh makes. It runs whole, but for Docker, which only notes what it is asked for; the trees that the images
 * would hold are run as the images run them: each program from its own, as a user that owns nothing (where the test may
 * change users), with Node's permission model in place of a read-only root: a write outside /tmp is an error.
 * `./rollcall test deploy tree`.
 */

import { deepEqual, equal, ok } from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, globSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { buildInfo } from "@rollcall/runtime";
import { type Child, REPOSITORY, startChild, tempFolder } from "@rollcall/testkit";
import { afterAll, beforeAll, describe, test } from "vitest";
import { serveAndStop } from "./serve.ts";
import { closureOf, PROGRAMS, type Program } from "./tree.ts";

const NAMES = Object.keys(PROGRAMS) as Program[];
const NOBODY = 65_532;
const trees = tempFolder("trees");
const scratch = tempFolder("scratch");
const logFile = (name: string) => join(trees, `${name}.log`);
const logOf = (name: string) => readFileSync(logFile(name), "utf8");
const bin = tempFolder("bin");
/** What Docker was asked for, a line each. */
const asked = join(bin, "asked");
const DIGEST = `sha256:${"b".repeat(64)}`;
const DOCKER = `#!/bin/sh
case $2 in imagetools) echo ${DIGEST} ;; *) echo "$*" >> "$ASKED" ;; esac
`;
const undo: (() => Promise<unknown>)[] = [];

beforeAll(() => {
  chmodSync(trees, 0o755);
  chmodSync(scratch, 0o777);
  const docker = join(bin, "docker");
  writeFileSync(docker, DOCKER, { mode: 0o755 });
  const env = { PATH: [bin, process.env.PATH].join(delimiter), CONTEXT: trees, ASKED: asked, PUSH: "1" };
  const args = ["registry.example.com/live/rollcall", "1.2.3"];
  const options = { env: { ...process.env, ...env, PLATFORMS: "linux/amd64,linux/arm64" }, encoding: "utf8" } as const;
  const { status, stdout, stderr } = spawnSync(join(import.meta.dirname, "build.sh"), args, options);
  equal(status, 0, stdout + stderr);
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

test.each(NAMES)("an image of %s is asked for, on a base by digest, with SBOM and provenance", (name) => {
  const lines = readFileSync(asked, "utf8").trim().split("\n");
  equal(lines.length, NAMES.length);
  const line = lines.find((one) => one.includes(`--target ${name} `)) ?? "";
  ok(line.startsWith("buildx build "), line);
  ok(line.endsWith(`--tag registry.example.com/live/rollcall-${name}:1.2.3 ${trees}`), line);
  for (const flag of [
    `--build-arg BASE_IMAGE=gcr.io/distroless/nodejs24-debian12@${DIGEST}`,
    `--build-arg COMMIT=${buildInfo().commit ?? ""}`,
    `--file ${join(import.meta.dirname, "Dockerfile")}`,
    "--platform linux/amd64,linux/arm64",
    "--push --sbom=true --provenance=mode=max",
  ]) {
    ok(line.includes(flag), `${flag} is not in ${line}`);
  }
});

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
