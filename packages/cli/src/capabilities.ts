/** What a development token allows: operations by resource pattern. */

import { CORE_OPERATIONS, kindsMatching, OPERATIONS_OF } from "@rollcall/contracts";
import { InvalidArgumentError } from "commander";

export type Capabilities = Record<string, string[]>;

/**
 * `room:doc:*=join,publish`. Throws for what could never allow anything: an edge would take such a token, and refuse
 * what it was made for. `introduced`: the operations of the contracts.
 */
export function parseCapabilities(written: readonly string[], introduced: readonly string[]): Capabilities {
  const capabilities: Capabilities = {};
  for (const text of written) {
    const at = text.lastIndexOf("=");
    const operations = text.slice(at + 1).split(",");
    if (at < 1 || !operations.every((operation) => /^[a-z][a-z0-9-]{0,31}$/.test(operation))) {
      throw new InvalidArgumentError("--cap must be <resource pattern>=<operation>[,<operation>...]");
    }
    const resource = text.slice(0, at);
    const known = operationsOn(resource, introduced);
    if (known.length === 0) {
      throw new InvalidArgumentError(
        `--cap ${text}: ${resource} matches no resource. It must be room:<room id>, user:<user id> or ` +
          "command:<event name>, or the beginning of one and a final *",
      );
    }
    for (const operation of operations) {
      if (known.includes(operation)) continue;
      throw new InvalidArgumentError(
        `--cap ${text}: ${operation} is no operation on ${resource}. There are ${known.join(", ")}; others come from ` +
          "contract files, those of the running cluster or of CONTRACTS",
      );
    }
    capabilities[resource] = [...(capabilities[resource] ?? []), ...operations];
  }
  return capabilities;
}

/** On what the pattern matches, of whichever kind. */
function operationsOn(pattern: string, introduced: readonly string[]): string[] {
  const core = new Set<string>(CORE_OPERATIONS);
  return kindsMatching(pattern).flatMap((kind) => [
    ...OPERATIONS_OF[kind],
    ...(kind === "room" ? introduced.filter((operation) => !core.has(operation)) : []),
  ]);
}

/** Everything, with every operation that the contracts know. */
export function allCapabilities(introduced: readonly string[]): Capabilities {
  const everything = ["room:*", "user:*", "command:*"];
  return Object.fromEntries(everything.map((pattern) => [pattern, operationsOn(pattern, introduced)]));
}
