/**
 * Secrets that came from a file (`<NAME>_FILE`) are read again where they are used: a rotated one serves from the next
 * connection on, and nothing has to be restarted.
 */

import { readFileSync } from "node:fs";

/** By what a file held when the settings were read. Names of files, never what is in them now. */
const files = new Map<string, string>();

export function readSecret(file: string): string {
  const secret = readFileSync(file, "utf8").trim();
  files.set(secret, file);
  return secret;
}

export const isFromFile = (secret: string): boolean => files.has(secret);

/** What its file holds now; while that cannot be read, what it held first. */
export function renewed(secret: string): string {
  const file = files.get(secret);
  if (file === undefined) return secret;
  try {
    return readFileSync(file, "utf8").trim() || secret;
  } catch {
    return secret; // a mounted secret is away for a moment while it is replaced
  }
}
