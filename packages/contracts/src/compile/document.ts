/**
 * YAML read with the place of each part, and every mistake in it. Ten times as slow as `yaml.ts`: for files that have a
 * mistake, or whose places are asked for.
 */

import { isMap, isScalar, isSeq, LineCounter, type Node, type Pair, parseDocument, type YAMLMap } from "yaml";
import { pointerParts } from "../pointer.ts";

/** Anchors and aliases may multiply a small text: at most this many in all. */
const MAX_ALIASES = 100;

/** Both count from 1. */
export interface Position {
  line: number;
  column: number;
}

export interface YamlDocument {
  value: unknown;
  /** Where `pointer` leads to, or the nearest part above it that exists. */
  position(pointer: string): Position;
  mistakes: readonly (Position & { message: string })[];
}

export function readDocument(text: string): YamlDocument {
  const lines = new LineCounter();
  // The parser's own check of keys compares each with each.
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: false });
  const at = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const pairs = new WeakMap<YAMLMap, ReadonlyMap<string, Pair>>();
  const position = (pointer: string) => at(offsetOf(document.contents, pointer, pairs));
  const mistakes = document.errors.map(({ pos, message }) => ({
    ...at(pos[0]),
    message: `is not valid YAML: ${message.replace(/ at line \d[\s\S]*$/, "")}`,
  }));
  const twice = mistakes.length > 0 ? [] : keysWrittenTwice(document.contents);
  for (const { key, offset } of twice)
    mistakes.push({ ...at(offset), message: `is not valid YAML: the key ${key} is written twice` });
  if (mistakes.length > 0) return { value: undefined, position, mistakes };
  try {
    return { value: document.toJS({ maxAliasCount: MAX_ALIASES }), position, mistakes };
  } catch {
    return {
      value: undefined,
      position,
      mistakes: [{ line: 1, column: 1, message: `uses more than ${MAX_ALIASES} aliases` }],
    };
  }
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
