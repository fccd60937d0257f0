/** Runs steps one after the other, shows what they print, and counts. */

import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import type { Env } from "@rollcall/runtime";
import type { Context } from "../context.ts";
import { findServer, NATS, REDIS, withPath } from "../servers/find.ts";
import type { Step } from "./steps.ts";

export interface Count {
  passed: number;
  failed: number;
}

/** Whatever fails, the other steps still run: one run shows all that is wrong. */
export async function runSteps(steps: readonly Step[], context: Context): Promise<Count> {
  const { home, terminal, clock } = context;
  mkdirSync(home.results, { recursive: true });
  const env = await serversInPath(context);
  const total: Count = { passed: 0, failed: 0 };
  for (const step of steps) {
    terminal.out(terminal.style("bold", `== ${step.name}`));
    if (step.report !== undefined) rmSync(step.report, { force: true });
    const startedAtMs = clock.monotonic();
    const exitCode = await run(step.command, home.root, env);
    const { passed, failed } = countOf(step, exitCode);
    total.passed += passed;
    total.failed += failed;
    const seconds = ((clock.monotonic() - startedAtMs) / 1_000).toFixed(1);
    terminal.out(`== ${step.name}: ${passed} passed, ${failed} failed in ${seconds} s`);
  }
  return total;
}

/** A step that fails has at least one failure, whatever its report says; one without tests is a failure too. */
export function countOf(step: Step, exitCode: number): Count {
  if (step.report === undefined) return exitCode === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
  if (!existsSync(step.report)) return { passed: 0, failed: 1 };
  const report = JSON.parse(readFileSync(step.report, "utf8")) as { numPassedTests: number; numFailedTests: number };
  const { numPassedTests: passed, numFailedTests } = report;
  const failed = exitCode === 0 ? numFailedTests : Math.max(1, numFailedTests);
  return passed + failed === 0 ? { passed: 0, failed: 1 } : { passed, failed };
}

/** The tests look for the servers in PATH. */
async function serversInPath({ env, home, terminal }: Context): Promise<Env> {
  const find = { env, folder: home.servers, say: terminal.note };
  return withPath(env, [await findServer(REDIS, find), await findServer(NATS, find)]);
}

function run([command, ...args]: readonly string[], cwd: string, env: Env): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(command!, args, { cwd, env: { ...env }, stdio: ["ignore", "inherit", "inherit"] });
    child.once("error", reject);
    child.once("exit", (code) => resolve(code ?? 1));
  });
}
