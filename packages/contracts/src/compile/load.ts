/** Contract files from disk: single files, folders of them, or patterns. */

import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Catalogue } from "../catalogue.ts";
import type { Contracts, Mistake } from "../contract.ts";
import { build } from "./build.ts";
import { expandPaths, isContractFileName } from "./paths.ts";
import { parseSource, type Source } from "./source.ts";

export type LoadResult =
  | {
      ok: true;
      contracts: Contracts;
      /** Made when first asked for: services never do. */
      readonly catalogue: Catalogue;
    }
  | { ok: false; mistakes: Mistake[] };

/** Folders in folders beyond this are left alone: links may go round. */
const MAX_DEPTH = 8;

/**
 * Reads, checks and compiles; every mistake of every file at once, in order of file and line. A path that cannot be
 * read is a mistake too. No paths: nothing is declared.
 */
export async function loadContracts(paths: readonly string[]): Promise<LoadResult> {
  const mistakes: Mistake[] = [];
  const texts: { file: string; text: string }[] = [];
  for (const path of expandPaths(paths)) {
    try {
      const files = (await stat(path)).isDirectory() ? await filesIn(path) : [path];
      for (const file of files) texts.push({ file, text: await readFile(file, "utf8") });
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      mistakes.push({ file: path, line: 1, column: 1, pointer: "", message: `cannot be read (${code ?? "unknown"})` });
    }
  }
  return checkSources(texts, mistakes);
}

/** The same for texts already at hand. */
export function checkSources(texts: readonly { file: string; text: string }[], earlier: Mistake[] = []): LoadResult {
  const mistakes = [...earlier];
  const sources: Source[] = [];
  for (const { file, text } of texts) {
    const parsed = parseSource(file, text);
    if (parsed.ok) sources.push(parsed.source);
    else mistakes.push(...parsed.mistakes);
  }
  const built = build(sources);
  mistakes.push(...built.mistakes);
  if (mistakes.length === 0) {
    let catalogue: Catalogue | undefined;
    return {
      ok: true,
      contracts: built.contracts,
      get catalogue() {
        return (catalogue ??= built.catalogue());
      },
    };
  }
  const order = (a: Mistake, b: Mistake) => a.file.localeCompare(b.file) || a.line - b.line || a.column - b.column;
  return { ok: false, mistakes: mistakes.toSorted(order) };
}

/**
 * Links are followed and hidden names left alone: a mounted ConfigMap shows its files as links into a hidden folder, and
 * for a moment two of those folders.
 */
async function filesIn(folder: string, depth = 0): Promise<string[]> {
  const found: string[] = [];
  for (const name of (await readdir(folder)).toSorted()) {
    if (name.startsWith(".")) continue;
    const path = join(folder, name);
    const isFolder = (await stat(path).catch(() => undefined))?.isDirectory() === true;
    if (isFolder && depth < MAX_DEPTH) found.push(...(await filesIn(path, depth + 1)));
    else if (!isFolder && isContractFileName(name)) found.push(path);
  }
  return found;
}

export function emptyContracts(): Contracts {
  return build([]).contracts;
}

/** `<file>:<line>:<column> <pointer> <message>` */
export function formatMistake({ file, line, column, pointer, message }: Mistake): string {
  return `${file}:${line}:${column} ${pointer || "/"} ${message}`;
}
