/**
 * What the images hold, run as the images run it: each program from its own tree, as a user that owns nothing (where the
 * test may change users), with Node's permission model in place of a read-only root: a write outside /tmp is an error.
 * `./rollcall test campaign image`.
 */

import { deepEqual, equal, match, ok } from "node:assert/strict";
import { chmodSync, existsSync, globSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  type Child,
  devKeys,
  freePort,
  REPOSITORY,
  startChild,
  startNats,
  startRedis,
  startSpanCollector,
  tempFolder,
  waitFor,
} from "@rollcall/testkit";
import { afterAll, beforeAll, describe, test } from "vitest";
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
async function start(program: Program, env: Record<string, string>): Promise<Child> {
  const entry = join(trees, program, PROGRAMS[program]);
  const options = ["--permission", "--allow-fs-read=*", `--allow-fs-write=${scratch}`];
  const node = [process.execPath, ...options, entry];
  const user = [`--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups", "--no-new-privs"];
  const [command = "", ...args] = process.getuid?.() === 0 ? ["setpriv", ...user, ...node] : node;
  const child = await startChild({ command, args, env, cwd: "/", logFile: logFile(program) });
  undo.push(() => child.end());
  return child;
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

test("the three services start, serve the smoke test with its trace, and stop with 0", async () => {
  const [redis, nats, collector, keys] = await Promise.all([
    startRedis(),
    startNats(),
    startSpanCollector(),
    devKeys(),
  ]);
  undo.push(
    () => redis.close(),
    () => nats.close(),
    () => collector.close(),
  );
  const jwks = join(scratch, "jwks.json");
  writeFileSync(jwks, JSON.stringify(keys.jwks));
  const contracts = join(scratch, "e2e.yaml");
  writeFileSync(contracts, readFileSync(join(REPOSITORY, "packages/testkit/contracts/e2e.yaml")));
  const port = await freePort();
  const running: Record<string, { child: Child; internal: string }> = {};
  for (const program of ["presence", "notifier", "edge"] as const) {
    const internal = await freePort();
    const child = await start(program, {
      REDIS_URL: redis.url,
      NATS_URL: nats.url,
      STREAMS: "create",
      CONTRACTS: contracts,
      INTERNAL_PORT: String(internal),
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      ...(program === "edge" ? { ...keys.env, JWKS: jwks, PORT: String(port) } : {}),
    });
    running[program] = { child, internal: `http://127.0.0.1:${internal}` };
  }
  for (const [program, { child, internal }] of Object.entries(running)) {
    const isReady = async () =>
      child.exit() !== undefined || (await fetch(`${internal}/readyz`).catch(() => undefined))?.status === 200;
    await waitFor(isReady, { timeoutMs: 120_000, what: `${program} to be ready` });
    equal(child.exit(), undefined, logOf(program));
  }

  const [token, natsUrl] = [join(scratch, "token"), join(scratch, "nats-url")];
  writeFileSync(token, await keys.token({ user: "smoke", tenant: "acme" }));
  writeFileSync(natsUrl, nats.url);
  const smoke = await start("smoke", {
    SMOKE_URL: `http://127.0.0.1:${port}`,
    SMOKE_TOKEN_FILE: token,
    SMOKE_NATS_URL_FILE: natsUrl,
    SMOKE_ROOM: "repo:one",
    SMOKE_EVENT: "build:finished",
    SMOKE_TYPE: "test.build.finished",
    SMOKE_SUBJECT: "events.{tenant}.builds.finished",
    SMOKE_TENANT: "acme",
    SMOKE_DATA: '{"repo":"one"}',
  });
  const { code } = await smoke.exited;
  const said = logOf("smoke");
  equal(code, 0, said);
  match(said, /joined repo:one.*\npublished .*\nreceived it under trace [0-9a-f]{32}\n/s);

  for (const [program, { child }] of Object.entries(running)) {
    deepEqual(await child.end("SIGTERM", 40_000), { code: 0, signal: null }, `${program}:\n${logOf(program)}`);
  }
  for (const program of Object.keys(running)) {
    ok(!/ERR_ACCESS_DENIED|EROFS|EACCES/.test(logOf(program)), `${program} wrote where it may not`);
  }
});
