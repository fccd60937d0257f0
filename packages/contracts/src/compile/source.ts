/** One contract file: its value, and where in the text each part of it stands. */

import { isMap, isScalar, isSeq, LineCounter, type Node, type Pair, parseDocument, type YAMLMap } from "yaml";
import type { Place } from "../catalogue.ts";
import type { Mistake } from "../contract.ts";

export interface Source {
  file: string;
  value: unknown;
  /** Where `pointer` leads to, or the nearest part above it that exists. */
  place(pointer: string): Place;
  /** A mistake at that place. */
  mistake(pointer: string, message: string): Mistake;
}

/** Files above this are refused: they would be no contract, and parsing them is not free. */
export const MAX_FILE_BYTES = 4 * 1024 * 1024;
/** Anchors and aliases may multiply a small text: at most this many in all. */
const MAX_ALIASES = 100;

export type Parsed = { ok: true; source: Source } | { ok: false; mistakes: Mistake[] };

/** JSON is YAML: one parser reads both. */
export function parseSource(file: string, text: string): Parsed {
  const at = (line: number, column: number, message: string): Mistake => ({ file, line, column, pointer: "", message });
  if (text.length > MAX_FILE_BYTES)
    return { ok: false, mistakes: [at(1, 1, `is larger than ${MAX_FILE_BYTES} bytes`)] };
  const lines = new LineCounter();
  // The parser's own check of keys compares each with each.
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: false });
  if (document.errors.length > 0) {
    const mistakes = document.errors.map(({ pos, message }) => {
      const { line, col } = lines.linePos(pos[0]);
      return at(line, col, `is not valid YAML: ${message.replace(/ at line \d[\s\S]*$/, "")}`);
    });
    return { ok: false, mistakes };
  }
  const twice = keysWrittenTwice(document.contents);
  if (twice.length > 0) {
    const mistakes = twice.map(({ key, offset }) => {
      const { line, col } = lines.linePos(offset);
      return at(line, col, `is not valid YAML: the key ${key} is written twice`);
    });
    return { ok: false, mistakes };
  }
  const pairs = new WeakMap<YAMLMap, ReadonlyMap<string, Pair>>();
  const place = (pointer: string): Place => {
    const { line, col } = lines.linePos(offsetOf(document.contents, pointer, pairs));
    return { file, line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: MAX_ALIASES });
  } catch {
    return { ok: false, mistakes: [at(1, 1, `uses more than ${MAX_ALIASES} aliases`)] };
  }
  return {
    ok: true,
    source: {
      file,
      value,
      place,
      mistake: (pointer, message) => ({ ...place(pointer), pointer, message }),
    },
  };
}

const keyOf = ({ key }: Pair): string => String(isScalar(key) ? key.value : key);

function keysWrittenTwice(root: Node | null): { key: string; offset: number }[] {
  const found: { key: string; offset: number }[] = [];
  const open: unknown[] = [root];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (isSeq(node)) open.push(...node.items);
    if (!isMap(node)) continue;
    const seen = new Set<string>();
    for (const pair of node.items) {
      const key = keyOf(pair);
      if (seen.has(key)) found.push({ key, offset: (pair.key as Node).range?.[0] ?? 0 });
      seen.add(key);
      if (pair.value !== null) open.push(pair.value);
    }
  }
  return found.toSorted((a, b) => a.offset - b.offset);
}

/** Of a map's member, its key's; else the value's. */
function offsetOf(root: Node | null, pointer: string, pairs: WeakMap<YAMLMap, ReadonlyMap<string, Pair>>): number {
  let node: unknown = root;
  let offset = root?.range?.[0] ?? 0;
  for (const part of pointerParts(pointer)) {
    if (isMap(node)) {
      const known = pairs.get(node) ?? new Map(node.items.map((pair) => [keyOf(pair), pair]));
      pairs.set(node, known);
      const pair = known.get(part);
      if (pair === undefined) return offset;
      offset = (pair.key as Node).range?.[0] ?? offset;
      node = pair.value;
    } else if (isSeq(node)) {
      const item = node.items[Number(part)] as Node | undefined;
      if (item === undefined) return offset;
      offset = item.range?.[0] ?? offset;
      node = item;
    } else {
      return offset;
    }
  }
  return offset;
}

export function pointerParts(pointer: string): string[] {
  if (pointer === "") return [];
  return pointer
    .slice(1)
    .split("/")
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
}

const escaped = (part: string): string =>
  part.includes("~") || part.includes("/") ? part.replaceAll("~", "~0").replaceAll("/", "~1") : part;

export function pointerOf(...parts: (string | number)[]): string {
  return parts.map((part) => `/${escaped(String(part))}`).join("");
}

/** What `pointer` leads to, by own members only. */
export function resolvePointer(value: unknown, pointer: string): unknown {
  let at: unknown = value;
  for (const part of pointerParts(pointer)) {
    if (typeof at !== "object" || at === null || !Object.hasOwn(at, part)) return undefined;
    at = (at as Record<string, unknown>)[part];
  }
  return at;
}
