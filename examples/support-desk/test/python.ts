/** Runs backend-py/main.py with the nats-py of its requirements. */

import { join } from "node:path";
import { hasPython, pythonWith } from "@rollcall/testkit";

const BACKEND = join(import.meta.dirname, "../backend-py");

/** Undefined: this machine has no Python. */
export function pythonBackend(): { command: string; args: string[]; env: Record<string, string> } | undefined {
  if (!hasPython()) return undefined;
  return { ...pythonWith(join(BACKEND, "requirements.txt")), args: [join(BACKEND, "main.py")] };
}
