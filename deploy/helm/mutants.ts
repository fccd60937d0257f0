/** Changes to the chart that take one thing away: for each, a test of its name has to fail. */

import { isNode, type Node, visit } from "./schema-rules.ts";

export interface Mutant<T> {
  /** What is gone: `_component.tpl:97 startupProbe:`, `.edge.port: maximum`. */
  what: string;
  mutated: T;
}

const indentOf = (line: string) => line.length - line.trimStart().length;
const opens = (line: string) => /\{\{-? *(if|with|range|define)\b/.test(line);
const closes = (line: string) => /\{\{-? *end\b/.test(line);
/** Nothing of an object: control flow, comments, ends of documents. */
const isControl = (line: string) =>
  /^\s*(\{\{-? *(if|else|end|with|range|define|fail|\$|\/\*)|\*\/|#|---|$)/.test(line);

/** Each line with what is nested below it, in turn. What controls the rendering stays. */
export function templateMutants(name: string, text: string): Mutant<string>[] {
  // A comment says nothing, but keeps its lines.
  const lines = text
    .replaceAll(/\{\{-?\s*\/\*.*?\*\/\s*-?\}\}/gs, (comment) => comment.replaceAll(/[^\n]/g, ""))
    .split("\n");
  return lines.flatMap((line, from) =>
    isControl(line)
      ? []
      : [
          {
            what: `${name}:${from + 1} ${line.trim()}`,
            mutated: lines.toSpliced(from, endOf(lines, from) - from).join("\n"),
          },
        ],
  );
}

/** Where what is nested below a line ends; blocks of control flow go whole or stay. */
function endOf(lines: readonly string[], from: number): number {
  let end = from + 1;
  let depth = 0;
  for (let i = from + 1; i < lines.length; i++) {
    const line = lines[i]!;
    if (!isControl(line) && indentOf(line) <= indentOf(lines[from]!)) break;
    depth += Number(opens(line)) - Number(closes(line));
    if (depth < 0) break;
    if (depth === 0 && !isControl(line)) end = i + 1;
    if (depth === 0 && closes(line)) end = i + 1;
  }
  return end;
}

/** What the schema is made of, and what it says to readers only. */
const KEPT = ["$schema", "title", "description", "definitions", "properties", "$ref", "items"];

/** Each value and each keyword, in turn. */
export function schemaMutants(schema: Node): Mutant<Node>[] {
  const mutants: Mutant<Node>[] = [];
  let index = 0;
  visit(schema, (node, path) => {
    const at = index++;
    const without = (what: string, drop: (node: Node) => void) => {
      const mutated = structuredClone(schema);
      let i = 0;
      visit(mutated, (copy) => i++ === at && drop(copy));
      mutants.push({ what, mutated });
    };
    for (const key of Object.keys(isNode(node.properties) ? node.properties : {})) {
      without(`${path}.${key}`, (copy) => delete (copy.properties as Node)[key]);
    }
    for (const keyword of Object.keys(node).filter((one) => !KEPT.includes(one))) {
      without(`${path}: ${keyword}`, (copy) => delete copy[keyword]);
    }
  });
  return mutants;
}
