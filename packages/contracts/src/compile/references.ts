/**
 * `$ref` in payload schemas: to `#/shared/...` of the file, to `#/$defs/...` of the schema itself, or to `shared` of a
 * sibling file. They are replaced by what they name, so that a compiled schema needs no other; circles are mistakes.
 */

import { basename } from "node:path";
import { pointerOf, resolvePointer } from "../pointer.ts";

export interface ReferenceScope {
  /** The value of the file the schema stands in. */
  file: unknown;
  /** Values of the files beside it, by their file names. */
  siblings: ReadonlyMap<string, unknown>;
}

export type Report = (pointer: string, message: string) => void;

/** References multiply: so many schemas, once all are replaced, are as many as anyone could mean. */
const MAX_NODES = 10_000;
/** Nested schemas beyond this are refused: nothing anyone reads is so deep. */
const MAX_DEPTH = 64;

export function inlineReferences(schema: unknown, scope: ReferenceScope, report: Report): unknown {
  const { $defs: _named, ...used } = Object(schema) as { $defs?: unknown };
  const start = typeof schema === "object" ? used : schema;
  return walk(start, { scope, root: schema, pointer: "", trail: [], depth: 0, report, count: { nodes: 0 } });
}

interface Walk {
  scope: ReferenceScope;
  root: unknown;
  pointer: string;
  /** References being replaced, to find circles. */
  trail: readonly string[];
  depth: number;
  report: Report;
  count: { nodes: number };
}

function walk(node: unknown, at: Walk): unknown {
  if (typeof node !== "object" || node === null) return node;
  if (at.depth > MAX_DEPTH) {
    at.report(at.pointer, `nests schemas more than ${MAX_DEPTH} deep`);
    return true;
  }
  if (++at.count.nodes > MAX_NODES) {
    if (at.count.nodes === MAX_NODES + 1)
      at.report("", "is too large once its references are replaced: name fewer of them");
    return true;
  }
  if (Array.isArray(node)) return node.map((item, i) => walk(item, inside(at, i)));
  const { $ref, ...rest } = node as { $ref?: unknown };
  const copy = Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, walk(value, inside(at, key))]));
  if ($ref === undefined) return copy;
  const target = typeof $ref === "string" ? replaced($ref, at) : undefined;
  if (typeof $ref !== "string") at.report(`${at.pointer}/$ref`, "must be text");
  if (target === undefined) return true;
  return Object.keys(copy).length === 0 ? target : { ...copy, allOf: [...((copy.allOf as unknown[]) ?? []), target] };
}

const inside = (at: Walk, key: string | number): Walk => ({
  ...at,
  pointer: at.pointer + pointerOf(key),
  depth: at.depth + 1,
});

function replaced($ref: string, at: Walk): unknown {
  const refuse = (message: string) => void at.report(`${at.pointer}/$ref`, message);
  if (/^[a-z][a-z0-9+.-]*:|^\/\//i.test($ref)) return refuse("refers to the network: only files beside this one");
  if (at.trail.includes($ref)) return refuse(`is circular: ${[...at.trail, $ref].join(" -> ")}`);
  const [file = "", fragment = ""] = $ref.split("#", 2);
  let base: unknown;
  let scope = at.scope;
  if (file !== "") {
    if (basename(file) !== file.replace(/^\.\//, "")) return refuse("must name a file in the same folder");
    base = at.scope.siblings.get(basename(file));
    if (base === undefined) return refuse(`no file ${basename(file)} is beside this one`);
    scope = { ...at.scope, file: base };
  } else {
    base = fragment.startsWith("/$defs/") ? at.root : at.scope.file;
  }
  if (!/^\/(shared|\$defs)\/./.test(fragment)) return refuse("must end in #/shared/<name> or #/$defs/<name>");
  const target = resolvePointer(base, fragment);
  if (target === undefined) return refuse(`nothing is at ${fragment}`);
  return walk(target, { ...at, scope, trail: [...at.trail, $ref], depth: at.depth + 1 });
}
