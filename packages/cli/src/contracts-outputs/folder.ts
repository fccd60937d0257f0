/**
 * A folder of generated files. What an earlier run wrote and this one does not is removed, by a list kept beside the files:
 * nobody else's file, and none that was changed since.
 */

import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, rmdirSync, unlinkSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import { CliError } from "../context.ts";

export interface Outcome {
  written: string[];
  removed: string[];
}

/** One list for each kind, so that `docs` and `jsonschema` may share a folder. */
export const manifestName = (kind: string): string => `.rollcall-${kind}.json`;

export function writeFolder(folder: string, kind: string, rendered: ReadonlyMap<string, string>): Outcome {
  const manifest = join(folder, manifestName(kind));
  const before = readManifest(manifest);
  const now = [...rendered].map(([path, text]) => [path, sha256(text)] as const);
  const written = [...rendered].map(([path, text]) => writeOut(join(folder, path), text));
  writeOut(manifest, `${JSON.stringify({ files: Object.fromEntries(now) }, null, 2)}\n`);
  const stale = Object.entries(before).filter(([path]) => !rendered.has(path));
  return { written, removed: stale.flatMap(([path, hash]) => remove(folder, path, hash)) };
}

export function writeOut(file: string, text: string): string {
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  } catch (cause) {
    throw new CliError(`${file} cannot be written: ${(cause as Error).message}`, { cause });
  }
  return file;
}

/** Paths below the folder to hashes; nothing when there is no list, or it is not ours. */
function readManifest(file: string): Record<string, string> {
  try {
    const { files } = JSON.parse(readFileSync(file, "utf8")) as { files?: unknown };
    const isOurs = typeof files === "object" && files !== null && !Array.isArray(files);
    return isOurs ? (files as Record<string, string>) : {};
  } catch {
    return {}; // no earlier run that we know of: nothing is removed
  }
}

/** The file, unless it is gone, changed, or not below the folder; and folders that it leaves empty. */
function remove(folder: string, path: string, hash: string): string[] {
  const file = resolve(folder, path);
  if (!file.startsWith(resolve(folder) + sep)) return [];
  try {
    if (sha256(readFileSync(file, "utf8")) !== hash) return [];
    unlinkSync(file);
    for (let up = dirname(file); relative(folder, up) !== ""; up = dirname(up)) rmdirSync(up);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return [];
    if (code !== "ENOTEMPTY" && code !== "EEXIST") throw new CliError(`${file} cannot be removed`, { cause: error });
  }
  return [file];
}

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
