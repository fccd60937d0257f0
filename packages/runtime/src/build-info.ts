/** Which build this is: its version, its Node, and its commit as git or the image's build says it. */

import { readFileSync } from "node:fs";
import { METRICS } from "@rollcall/telemetry";
import type { Metrics } from "./metrics.ts";

export interface BuildInfo {
  version: string;
  node: string;
  /** Unknown where the sources were copied by hand. */
  commit?: string;
}

const PACKAGE = new URL("../package.json", import.meta.url);
/** Written into the trees of images. */
const COMMIT = new URL("../COMMIT", import.meta.url);
const GIT = new URL("../../../.git/", import.meta.url);

export function buildInfo(): BuildInfo {
  const { version } = JSON.parse(readFileSync(PACKAGE, "utf8")) as { version: string };
  const commit = read(COMMIT) ?? commitOf(GIT);
  return { version, node: process.version, ...(commit === undefined ? {} : { commit }) };
}

/** As git would say it, without git: HEAD is a commit or names a branch, whose commit lies in a file or is packed. */
export function commitOf(git: URL): string | undefined {
  const head = read(new URL("HEAD", git));
  const branch = head?.startsWith("ref: ") === true ? head.slice("ref: ".length) : undefined;
  if (branch === undefined) return head;
  const packed = () =>
    read(new URL("packed-refs", git))
      ?.split("\n")
      .find((line) => line.endsWith(` ${branch}`));
  return read(new URL(branch, git)) ?? packed()?.split(" ", 1)[0];
}

function read(file: URL): string | undefined {
  try {
    return readFileSync(file, "utf8").trim();
  } catch {
    return undefined; // not a checkout, or a worktree of one
  }
}

export function tellBuild(metrics: Metrics): void {
  const { version, node, commit = "" } = buildInfo();
  metrics.gauge(METRICS.buildInfo).set({ version, node, commit }, 1);
}
