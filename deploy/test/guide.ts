/** The guides for installing and upgrading as a reader runs them: commands, one block after the other, and `values.yaml`. */

import { equal } from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { ROOT, tool } from "./tools.ts";

export interface GuideStep {
  commands: string;
  values?: string;
}

/** Indented blocks are commands; a fenced one of YAML is `values.yaml`. */
export function stepsOf(name: "install" | "upgrade"): GuideStep[] {
  const text = readFileSync(join(ROOT, "docs/operations", `${name}.md`), "utf8");
  const parts = text.matchAll(/```yaml\n(?<values>.*?)```|(?<=\n\n)(?<commands>(?: {4}[^\n]*\n)+)/gs);
  return [...parts].map(({ groups }) => ({
    commands: groups!.commands ?? "",
    ...(groups!.values && { values: groups!.values }),
  }));
}

/** What fake nodes cannot do. */
export const ELSEWHERE: Record<string, string> = {
  "deploy/docker/build.sh": "Docker and a registry: `./rollcall test campaign image` builds the same with buildah",
  "docker compose": "Docker: `./rollcall test deploy compose` checks the file",
  "helm test": "a container: `./rollcall test campaign image` runs the same program",
};
/** Why a block is not run; none is a reason to run it. */
export const elsewhere = (commands: string) => Object.keys(ELSEWHERE).filter((part) => commands.includes(part));
export const needsCluster = (commands: string) => /\b(kubectl|helm (?!lint))/.test(commands);

/** The folder becomes one in which a reader stands in a checkout, and may write. */
export function makeCheckout(folder: string): void {
  for (const name of ["deploy", "examples", "docs", "node_modules"]) symlinkSync(join(ROOT, name), join(folder, name));
}

export function runStep({ commands, values }: GuideStep, folder: string): void {
  if (values !== undefined) writeFileSync(join(folder, "values.yaml"), values);
  const path = [dirname(tool("helm")), process.env.PATH].join(delimiter);
  const { status, stdout, stderr } = spawnSync("bash", ["-euo", "pipefail", "-c", commands], {
    cwd: folder,
    encoding: "utf8",
    env: { ...process.env, PATH: path },
    // Not a socket: with one for its input Bash takes itself for a remote login, and reads what those read.
    stdio: ["ignore", "pipe", "pipe"],
  });
  equal(status, 0, stdout + stderr);
}
