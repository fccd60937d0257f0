/**
 * Finds `redis-server`, `nats-server` and the like: in PATH and the usual folders beside it, among those unpacked before, else by
 * unpacking the distribution's packages into `.rollcall/servers` (`debian.ts`), else it says how to get them by hand.
 */

import { accessSync, constants, statSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import type { Env } from "@rollcall/runtime";
import { CliError } from "../context.ts";
import { canUnpack, unpackServer } from "./debian.ts";
import type { ServerProgram } from "./programs.ts";

export interface FindOptions {
  env: Env;
  /** `.rollcall/servers` */
  folder: string;
  /** Told each thing that is done. */
  say: (line: string) => void;
  /** Looked at after PATH. For tests. */
  usualFolders?: readonly string[];
}

/** Where packages put servers that a user's PATH often lacks. */
const USUAL_FOLDERS = ["/usr/sbin", "/usr/local/sbin", "/usr/local/bin", "/opt/homebrew/bin"];

/** The path of the program. Rejects with what to do when it is not to be had. */
export async function findServer(program: ServerProgram, options: FindOptions): Promise<string> {
  const { env, folder, say, usualFolders = USUAL_FOLDERS } = options;
  const path = (env.PATH ?? "").split(delimiter).filter((part) => part !== "");
  const found = firstExecutable([...path, ...usualFolders, join(folder, "bin")], program.name);
  if (found !== undefined) return found;
  if (!canUnpack(env)) throw new CliError(`${program.name} was not found`, { hint: byHand(program) });
  say(`${program.name} is not in PATH: unpacking Debian's package ${program.debianPackage} into .rollcall/servers`);
  try {
    return await unpackServer(program, options);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new CliError(`${program.name} was not found, and unpacking it failed: ${why}`, {
      cause,
      hint: byHand(program),
    });
  }
}

/** `env` with the folders of these programs last in PATH: they must not shadow the Node and pnpm that run this. */
export function withPath(env: Env, programs: readonly string[]): Env {
  const folders = [...new Set(programs.map((program) => dirname(program)))];
  return { ...env, PATH: [env.PATH ?? "", ...folders].join(delimiter) };
}

function firstExecutable(folders: readonly string[], name: string): string | undefined {
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

export function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

export function byHand(program: ServerProgram): string {
  const { title, debianPackage, brewPackage, docker } = program;
  return [
    `Get ${title} by one of:`,
    `  sudo apt-get install ${debianPackage}      Debian, Ubuntu`,
    `  brew install ${brewPackage}      macOS`,
    ...(docker === undefined ? [] : [`  ${docker.run}      then: ${docker.setting} ./rollcall up`]),
  ].join("\n");
}
