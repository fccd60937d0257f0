/** `enforcement: warn` counts what does not conform and lets it pass: for migrations. */

import type { Issue } from "@rollcall/contracts";
import type { Parts } from "../parts.ts";

interface Enforced {
  name: string;
  enforcement: "enforce" | "warn";
}

export function enforced(parts: Parts, contract: Enforced, issues: Issue[] | undefined): Issue[] | undefined {
  if (issues === undefined || contract.enforcement === "enforce") return issues;
  parts.metrics.tolerated(contract.name);
  return undefined;
}
