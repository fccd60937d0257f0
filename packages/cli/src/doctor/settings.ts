/**
 * Would the services take these settings? Judged by their own schemas and relations, with what `up` adds when nothing
 * says that this is not its kind of cluster.
 */

import { readFileSync } from "node:fs";
import { parseEnv } from "node:util";
import { ConfigError, type ConfigSchema, describeConfig, type Env, loadConfig } from "@rollcall/runtime";
import type { Context } from "../context.ts";
import { type Finding, finding } from "./finding.ts";

const SERVICES = ["edge", "presence", "notifier"] as const;

export async function examineSettings({ home, env }: Context): Promise<Finding[]> {
  const given = withDefaults(env, home.jwks);
  const refusing = new Map<string, string[]>();
  const known = new Set<string>();
  for (const service of SERVICES) {
    // By its path, as programs are started: the command line stands on no service.
    const { config } = (await import(home.settings(service))) as { config: ConfigSchema };
    for (const { name, secret } of describeConfig(config)) {
      known.add(name);
      if (secret) known.add(`${name}_FILE`);
    }
    for (const mistake of mistakesOf(config, given)) {
      refusing.set(mistake, [...(refusing.get(mistake) ?? []), service]);
    }
  }
  const unknown = namesInFile(env.SETTINGS_FILE).filter((name) => !known.has(name));
  const findings = [
    ...[...refusing].map(([mistake, services]) =>
      finding.bad("settings", `${mistake} (${services.join(", ")})`, "correct the environment, or SETTINGS_FILE"),
    ),
    ...unknown.map((name) =>
      finding.warn("settings", `SETTINGS_FILE has ${name}, which no service knows`, "see docs/configuration.md"),
    ),
  ];
  return findings.length > 0 ? findings : [finding.ok("settings", "valid for every service, and their relations hold")];
}

/** One that cannot be read is a mistake that the services tell. */
function namesInFile(file: string | undefined): string[] {
  if (file === undefined || file === "") return [];
  try {
    return Object.keys(parseEnv(readFileSync(file, "utf8")));
  } catch {
    return [];
  }
}

function mistakesOf(config: ConfigSchema, env: Env): readonly string[] {
  try {
    loadConfig(config, env);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.mistakes;
  }
}

/** A file may say all that, and would be overruled. */
const withDefaults = (env: Env, jwks: string): Env =>
  env.SETTINGS_FILE ? env : { ROLLCALL_ENV: "development", ...env, JWKS: env.JWKS || (env.ISSUERS ? undefined : jwks) };
