/** Runs steps one after the other, shows what they print, and counts. */

import { spawn } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Env } from "@rollcall/runtime";
import { CliError, type Context } from "../context.ts";
import type { Home } from "../home.ts";
import { findK6 } from "../loadtest/k6.ts";
import { type FindOptions, findServer, withPath } from "../servers/find.ts";
import { CHROMIUM, NATS, PROMTOOL, REDIS } from "../servers/programs.ts";
import { type Outcome, outcomeOf } from "./outcome.ts";
import type { Step } from "./steps.ts";

/** What a step's tests look for besides servers. Without it the others still run. */
const BESIDES: Record<string, (find: FindOptions, home: Home) => Promise<string>> = {
  e2e: (find) => findServer(CHROMIUM, find),
  deploy: (find) => findServer(PROMTOOL, find),
  load: ({ env, say }, { folder }) => findK6({ env, folder: join(folder, "k6"), say }),
};

/** Whatever fails, the other steps still run: one run shows all that is wrong. */
export async function runSteps(steps: readonly Step[], context: Context): Promise<Outcome> {
  const { home, terminal, clock } = context;
  mkdirSync(home.results, { recursive: true });
  const env = await serversInPath(context);
  const total = { passed: 0, failed: 0, failures: [] as string[] };
  for (const step of steps) {
    terminal.out(terminal.style("bold", `== ${step.name}`));
    if (step.report !== undefined) rmSync(step.report, { force: true });
    const startedAtMs = clock.monotonic();
    const exitCode = await run(step.command, home.root, await withBesides(step, env, context));
    const { passed, failed, failures } = outcomeOf(step, exitCode, home.root);
    total.passed += passed;
    total.failed += failed;
    total.failures.push(...failures);
    const seconds = ((clock.monotonic() - startedAtMs) / 1_000).toFixed(1);
    terminal.out(`== ${step.name}: ${passed} passed, ${failed} failed in ${seconds} s`);
  }
  return total;
}

/** The tests look for servers in PATH. */
async function serversInPath({ env, home, terminal }: Context): Promise<Env> {
  const find = { env, folder: home.servers, say: terminal.note };
  return withPath(env, [await findServer(REDIS, find), await findServer(NATS, find)]);
}

async function withBesides({ name }: Step, env: Env, { home, terminal }: Context): Promise<Env> {
  try {
    const program = await BESIDES[name]?.({ env, folder: home.servers, say: terminal.note }, home);
    return program === undefined ? env : withPath(env, [program]);
  } catch (error) {
    terminal.note(error instanceof CliError ? `${error.message}\n${error.hint}` : String(error));
    return env;
  }
}

function run([command, ...args]: readonly string[], cwd: string, env: Env): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(command!, args, { cwd, env: { ...env }, stdio: ["ignore", "inherit", "inherit"] });
    child.once("error", reject);
    child.once("exit", (code) => resolve(code ?? 1));
  });
}
