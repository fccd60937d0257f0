/** Where and with what a result was measured. */

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { cpus, loadavg, release, totalmem } from "node:os";
import { join } from "node:path";
import { processEnv } from "@rollcall/runtime";
import { REPOSITORY } from "@rollcall/testkit";

export interface Machine {
  cpu: string;
  cores: number;
  memoryGiB: number;
  kernel: string;
  commit: string;
  versions: { node: string; redis: string; nats: string; "socket.io": string; go?: string; centrifuge?: string };
}

export function describeMachine(): Machine {
  const [first] = cpus();
  const go = firstMatch(/go(\d\S+)/, "go", "version");
  return {
    cpu: first?.model ?? "unknown",
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    commit: commitOf(),
    versions: {
      node: process.versions.node,
      redis: firstMatch(/v=(\S+)/, processEnv().REDIS_SERVER_BIN ?? "redis-server", "--version") ?? "unknown",
      nats: firstMatch(/v(\d\S+)/, processEnv().NATS_SERVER_BIN ?? "nats-server", "--version") ?? "unknown",
      "socket.io": versionOf("socket.io"),
      ...(go === undefined ? {} : { go, centrifuge: centrifugeVersion() }),
    },
  };
}

export const load = (): number => Math.round(loadavg()[0]! * 10) / 10;

/** With `+` when the checkout differs from it. */
function commitOf(): string {
  const git = (...args: string[]) => run("git", "-C", REPOSITORY, ...args);
  const commit = git("rev-parse", "--short=12", "HEAD")?.trim();
  if (commit === undefined) return "unknown";
  return git("status", "--porcelain", "--untracked-files=no")?.trim() === "" ? commit : `${commit}+`;
}

function centrifugeVersion(): string {
  const text = readFileSync(join(import.meta.dirname, "../../centrifuge/go.mod"), "utf8");
  return /centrifugal\/centrifuge v(\S+)/.exec(text)?.[1] ?? "unknown";
}

function versionOf(dependency: string): string {
  const file = new URL(import.meta.resolve(`${dependency}/package.json`));
  return (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;
}

const firstMatch = (pattern: RegExp, command: string, ...args: string[]): string | undefined =>
  pattern.exec(run(command, ...args) ?? "")?.[1];

/** Undefined when the program is not there or says no. */
function run(command: string, ...args: string[]): string | undefined {
  try {
    return execFileSync(command, args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  } catch {
    return undefined;
  }
}
