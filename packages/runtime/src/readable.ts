/** What is said of a file that a setting names and that cannot be read: which one, and why. */

import { accessSync, constants, statSync } from "node:fs";

export function cannotRead(name: string, path: string, error: unknown): string {
  return `${name} cannot be read: ${path} (${(error as NodeJS.ErrnoException).code ?? (error as Error).name})`;
}

/** Undefined when it can. */
export function whyUnreadable(name: string, path: string): string | undefined {
  try {
    accessSync(path, constants.R_OK);
    return statSync(path).isDirectory() ? `${name} cannot be read: ${path} (EISDIR)` : undefined;
  } catch (error) {
    return cannotRead(name, path, error);
  }
}
