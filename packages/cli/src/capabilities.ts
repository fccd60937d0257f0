/** What a development token allows: operations by resource pattern. */

import { CORE_OPERATIONS } from "@rollcall/contracts";
import { InvalidArgumentError } from "commander";

export type Capabilities = Record<string, string[]>;

/** `room:doc:*=join,publish` */
export function parseCapabilities(written: readonly string[]): Capabilities {
  const capabilities: Capabilities = {};
  for (const text of written) {
    const at = text.lastIndexOf("=");
    const operations = text.slice(at + 1).split(",");
    if (at < 1 || !operations.every((operation) => /^[a-z][a-z0-9-]{0,31}$/.test(operation))) {
      throw new InvalidArgumentError("--cap must be <resource pattern>=<operation>[,<operation>...]");
    }
    const resource = text.slice(0, at);
    capabilities[resource] = [...(capabilities[resource] ?? []), ...operations];
  }
  return capabilities;
}

/** Everything, with every operation that the contracts know. */
export function allCapabilities(operations: readonly string[]): Capabilities {
  const core = new Set<string>(CORE_OPERATIONS);
  const rooms = ["join", "observe", "publish", "state", ...operations.filter((operation) => !core.has(operation))];
  return { "room:*": rooms, "user:*": ["watch"], "command:*": ["call"] };
}
