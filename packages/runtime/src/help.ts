/** `--help` of a service: its settings, since it takes nothing else. */

import { type ConfigSchema, type DescribedSetting, describeConfig } from "./config.ts";

export function helpText(name: string, schema: ConfigSchema): string {
  const settings = describeConfig(schema);
  return [
    `rollcall ${name}: settings come from the environment; those marked secret also from the file that <NAME>_FILE names.`,
    "--print-config  checks them, prints what is in force, secrets masked, and ends",
    "--help          prints this",
    "",
    ...settings.flatMap(lines),
    "What must hold between them:",
    ...schema.relations.map(({ rule }) => `  ${rule}.`),
    "",
  ].join("\n");
}

function lines({ name, type, secret, required, range, description, ...setting }: DescribedSetting): string[] {
  const facts = [
    secret ? `${type}, secret` : type,
    range,
    required ? "required" : setting.default === undefined ? undefined : `default ${setting.default || "none"}`,
  ].filter((fact) => fact !== undefined);
  return [name, `  ${description}`, `  (${facts.join("; ")})`, ""];
}
