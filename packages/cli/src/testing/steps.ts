/** What `test` and `verify` run, step by step. */

import { join } from "node:path";

export const TEST_KINDS = ["unit", "sim", "integration", "e2e"] as const;
export type TestKind = (typeof TEST_KINDS)[number];

export interface Step {
  name: string;
  /** From the checkout's root. */
  command: readonly string[];
  /** Where vitest leaves its counts; a step without one counts as one test. */
  report?: string;
}

/** Names of test files, and of their results. */
export function suite(kind: string, results: string, filters: readonly string[] = []): Step {
  const report = join(results, `${kind}.json`);
  return {
    name: kind,
    report,
    command: [
      ...["pnpm", "exec", "vitest", "run", "--project", kind, "--passWithNoTests=false"],
      ...["--reporter=default", "--reporter=json", `--outputFile.json=${report}`],
      ...filters,
    ],
  };
}

/** Everything that is true of the sources without running them. */
export const STATIC_STEPS: readonly Step[] = [
  { name: "format and lint", command: ["pnpm", "exec", "biome", "check", "--error-on-warnings", "."] },
  { name: "floating promises", command: ["pnpm", "exec", "oxlint", "--type-aware", "--deny-warnings"] },
  { name: "types", command: ["pnpm", "run", "--silent", "check"] },
  { name: "boundaries", command: ["node", "scripts/boundaries.ts"] },
  { name: "generated docs", command: ["node", "scripts/generate-docs.ts", "--check"] },
];

/** The chart through Helm, images' trees at work, alerts through promtool. The first brings Helm and schemas, built with Go. */
export const deploySteps = (results: string, filters: readonly string[] = []): Step[] => [
  { name: "deploy tools", command: ["node", "deploy/test/bring.ts"] },
  suite("deploy", results, filters),
];

/** Scenarios of k6, and benches, small: that they work and nothing wrong happens, not how fast anything is. */
export const loadSteps = (results: string, filters: readonly string[] = []): Step[] => [
  suite("load", results, filters),
];

/** What needs nothing but the machine's package managers. */
export function usualSteps(results: string): Step[] {
  return [...STATIC_STEPS, ...TEST_KINDS.map((kind) => suite(kind, results))];
}

/** What CI runs. */
export function allSteps(results: string): Step[] {
  return [...usualSteps(results), ...deploySteps(results), ...loadSteps(results)];
}
