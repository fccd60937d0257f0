/**
 * What the chart holds but others own: the schema of its values, the settings of each service, and copies of alerts and
 * dashboards (Helm reads no file outside a chart). `node deploy/helm/generate.ts` writes them.
 */

import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { parse } from "yaml";
import { settingsOfServices, valuesSchema } from "./schema.ts";

export const CHART = join(import.meta.dirname, "rollcall");
const DEPLOY = dirname(import.meta.dirname);
/** Folders whose files are all written here. */
const COPIES = ["files/rules", "files/dashboards"];

const json = (value: unknown) => `${JSON.stringify(value, undefined, 2)}\n`;
const read = (path: string) => readFileSync(path, "utf8");

/** By path within the chart. */
export function generatedFiles(): Map<string, string> {
  const files = new Map([
    ["values.schema.json", json(valuesSchema())],
    ["files/settings.json", json(settingsOfServices())],
  ]);
  for (const path of globSync("prometheus/**/*.{yml,yaml}", { cwd: DEPLOY })) {
    const text = read(join(DEPLOY, path));
    // Not Prometheus' own configuration, nor the tests of the rules.
    if ((parse(text) as { groups?: unknown } | null)?.groups !== undefined)
      files.set(`files/rules/${basename(path)}`, text);
  }
  for (const path of globSync("grafana/**/*.json", { cwd: DEPLOY })) {
    files.set(`files/dashboards/${basename(path)}`, read(join(DEPLOY, path)));
  }
  return files;
}

/** What of it is there now. */
export function presentFiles(): Map<string, string> {
  const paths = ["values.schema.json", "files/settings.json", ...COPIES.map((folder) => `${folder}/*`)];
  return new Map(globSync(paths, { cwd: CHART }).map((path) => [path, read(join(CHART, path))]));
}

if (import.meta.main) {
  for (const folder of COPIES) rmSync(join(CHART, folder), { recursive: true, force: true });
  for (const [path, text] of generatedFiles()) {
    mkdirSync(dirname(join(CHART, path)), { recursive: true });
    writeFileSync(join(CHART, path), text);
  }
}
