/** Brings what the deploy tests need of others before they begin, and says what is not to be had: `node deploy/test/bring.ts`. */

import { rmSync, writeFileSync } from "node:fs";
import { schemaLocations } from "../helm/test/schemas.ts";
import { FAILED, folder, say, tool } from "./tools.ts";

const WANTED: Record<string, () => unknown> = {
  hadolint: () => tool("hadolint"),
  schemas: schemaLocations,
  kubeconform: () => tool("kubeconform"),
  helm: () => tool("helm"),
};

folder(".");
rmSync(FAILED, { force: true });
const failures: string[] = [];
for (const [what, bring] of Object.entries(WANTED)) {
  const startedAt = performance.now();
  try {
    bring();
    say(`${what}: there after ${((performance.now() - startedAt) / 1_000).toFixed(1)} s`);
  } catch (error) {
    failures.push(`${what}: ${(error as Error).message}\n`);
    say(failures.at(-1)!.trimEnd());
  }
}
if (failures.length > 0) {
  writeFileSync(FAILED, failures.join(""));
  process.exitCode = 1;
}
