/** Settings of a file, under those of the environment: `SETTINGS_FILE` names one of `NAME=value` lines. */

import { readFileSync } from "node:fs";
import { parseEnv } from "node:util";
import type { Env } from "./env.ts";
import { cannotRead } from "./readable.ts";

/** `mistake`: why the file cannot be read. */
export function withSettingsFile(env: Env): { env: Env; mistake?: string } {
  const file = env.SETTINGS_FILE;
  if (file === undefined || file === "") return { env };
  let lines: Env;
  try {
    lines = parseEnv(readFileSync(file, "utf8"));
  } catch (error) {
    return { env, mistake: cannotRead("SETTINGS_FILE", file, error) };
  }
  // An empty value of the environment counts as absent here, as everywhere.
  return { env: { ...lines, ...Object.fromEntries(Object.entries(env).filter(([, value]) => value !== "")) } };
}
