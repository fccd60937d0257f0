/**
 * Finds k6: in PATH, or built before; else builds it with Go into `.rollcall/k6`, saying so; else says how to get it.
 * The version is the one that the scenarios are typed for and tested with.
 */

import { execFile } from "node:child_process";
import { mkdirSync } from "node:fs";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import type { Env } from "@rollcall/runtime";
import { CliError } from "../context.ts";
import { isExecutable } from "../servers/find.ts";

export const K6_MODULE = "go.k6.io/k6@v1.8.1";

export interface FindK6Options {
  env: Env;
  /** `.rollcall/k6` */
  folder: string;
  /** Told each thing that is done. */
  say: (line: string) => void;
  build?: (go: string, into: string, env: Env) => Promise<void>;
}

/** It downloads some hundred modules and compiles them all: two minutes of two cores, longer where there is other work. */
const BUILD_MS = 600_000;
/** The proxy of modules may be away for a moment; what was compiled is not compiled again. */
const ATTEMPTS = 3;
const MAX_OUTPUT = 16 * 1024 * 1024;
const USUAL_GO = "/usr/local/go/bin";

const BY_HAND = `Get k6 1.8 or newer by one of:
  go install ${K6_MODULE}      anywhere with Go, then put its folder in PATH
  brew install k6      macOS
  https://grafana.com/docs/k6/latest/set-up/install-k6/      packages of Debian, Fedora and others`;

export async function findK6({ env, folder, say, build = buildWithGo }: FindK6Options): Promise<string> {
  const path = (env.PATH ?? "").split(delimiter).filter((part) => part !== "");
  const found = [...path, folder].map((part) => join(part, "k6")).find(isExecutable);
  if (found !== undefined) return found;
  const go = [...path, USUAL_GO].map((part) => join(part, "go")).find(isExecutable);
  if (go === undefined) throw new CliError("k6 was not found, and neither was Go to build it", { hint: BY_HAND });
  say(`k6 is not in PATH: building ${K6_MODULE} with ${go} into .rollcall/k6, once; this takes minutes`);
  mkdirSync(folder, { recursive: true });
  try {
    await build(go, folder, env);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new CliError(`k6 was not found, and building it failed: ${why}`, { cause, hint: BY_HAND });
  }
  return join(folder, "k6");
}

async function buildWithGo(go: string, into: string, env: Env): Promise<void> {
  // Neither C nor symbols for a debugger: both cost time.
  const install = ["install", "-trimpath", "-ldflags=-s -w", K6_MODULE];
  for (let attempt = 1; ; attempt++) {
    try {
      await promisify(execFile)(go, install, {
        env: { ...env, GOBIN: into, GOFLAGS: "", CGO_ENABLED: "0" },
        timeout: BUILD_MS,
        maxBuffer: MAX_OUTPUT,
      });
      return;
    } catch (error) {
      // One that ran out of time would again.
      if (attempt === ATTEMPTS || (error as { killed?: boolean }).killed === true) throw error;
    }
  }
}
