/** Brings what the deploy tests need of others before they begin, and says what is not to be had: `node deploy/test/bring.ts`. */

import { schemaLocations } from "../helm/test/schemas.ts";
import { say, tool } from "./tools.ts";

const WANTED: Record<string, () => unknown> = {
  hadolint: () => tool("hadolint"),
  schemas: schemaLocations,
  kubeconform: () => tool("kubeconform"),
  helm: () => tool("helm"),
};

for (const [what, bring] of Object.entries(WANTED)) {
  const startedAt = performance.now();
  try {
    bring();
    say(`${what}: there after ${((performance.now() - startedAt) / 1_000).toFixed(1)} s`);
  } catch (error) {
    say(`${what}: ${(error as Error).message}`);
    process.exitCode = 1;
  }
}
