/** Values for a core schema: those it accepts, at its limits as often as inside them, and those with some faults. */

import { DEAD, type Dfa, dfaOf, MATCHED, START } from "../../src/regex/dfa.ts";
import { nfaOf } from "../../src/regex/nfa.ts";
import type { Random } from "./random.ts";

type Schema = Record<string, unknown>;

/** How many faults are still to be put in; places are chosen as the walk goes. */
export interface Faults {
  left: number;
}

const NASTY: readonly unknown[] = [
  null, true, false, 0, -1, 1.5, 2 ** 53, -(2 ** 53), 1e308, "", "0", "\u0000", "\ud800", "𝒳".repeat(40), "a b", "x".repeat(129), "x".repeat(600), "é".repeat(100),
  "{}*:>.", "2020-02-30T00:00:00Z", "2020-01-01", [], [1], [[[[1]]]], Array(600).fill("a"), {}, { a: 1 }, { length: 3 }, { valueOf: 1, toString: 1, constructor: 1 },
]; // biome-ignore format: a list
const EXTRA_KEYS = ["extra", "__proto__", "constructor", "toString", "", "room", "op", "length"];

export function valueFor(schema: unknown, random: Random, faults: Faults): unknown {
  if (faults.left > 0 && random.int(4) === 0) {
    faults.left--;
    return random.int(12) === 0 ? deep(random.pick([10, 31, 32, 33, 200])) : random.pick(NASTY);
  }
  if (typeof schema !== "object" || schema === null) return random.pick(NASTY);
  const node = schema as Schema;
  if (Object.hasOwn(node, "const")) return node.const;
  if (Array.isArray(node.enum)) return random.pick(node.enum);
  for (const union of ["anyOf", "oneOf"]) {
    if (Array.isArray(node[union]))
      return merged(node, valueFor(random.pick(node[union]), random, faults), random, faults);
  }
  const types = [node.type].flat();
  switch (random.pick(types)) {
    case "object":
      return object(node, random, faults);
    case "array":
      return array(node, random, faults);
    case "string":
      return string(node, random);
    case "integer":
      return integer(node, random);
    case "number":
      return number(node, random);
    case "boolean":
      return random.int(2) === 0;
    case "null":
      return null;
    default:
      return anything(node, random);
  }
}

/** A union beside members of its own. */
function merged(node: Schema, branch: unknown, random: Random, faults: Faults): unknown {
  if (node.properties === undefined || typeof branch !== "object" || branch === null) return branch;
  return { ...(object(node, random, faults) as object), ...branch };
}

function object(node: Schema, random: Random, faults: Faults): unknown {
  const properties = (node.properties ?? {}) as Schema;
  const required = new Set((node.required as string[]) ?? []);
  const { minProperties = 0, maxProperties = Number.POSITIVE_INFINITY } = node as {
    minProperties?: number;
    maxProperties?: number;
  };
  const made: Record<string, unknown> = {};
  let count = 0;
  const keys = Object.keys(properties).filter((key) => required.has(key) || random.int(2) === 0);
  if (keys.length < minProperties) keys.push(...Object.keys(properties).filter((key) => !keys.includes(key)));
  for (const key of keys) {
    if (count >= maxProperties && !required.has(key)) continue;
    count++;
    made[key] = valueFor(properties[key], random, faults);
  }
  if (typeof node.additionalProperties === "object") {
    const name = (node.propertyNames ?? {}) as Schema;
    for (let i = random.int(4); i > 0; i--)
      made[string(name, random) || "k"] = valueFor(node.additionalProperties, random, faults);
  }
  if (faults.left > 0 && random.int(3) === 0) {
    faults.left--;
    const some = Object.keys(made);
    if (random.int(2) === 0 && some.length > 0) delete made[random.pick(some)];
    // Not assigned: `__proto__` is to be a member, as JSON.parse makes it.
    else
      Object.defineProperty(made, random.pick(EXTRA_KEYS), {
        value: random.pick(NASTY),
        enumerable: true,
        configurable: true,
        writable: true,
      });
  }
  return made;
}

function array(node: Schema, random: Random, faults: Faults): unknown[] {
  const { minItems = 0, maxItems = 5 } = node as { minItems?: number; maxItems?: number };
  let length = minItems + random.int(Math.min(4, maxItems - minItems + 1));
  // The limits are rare: arrays of 500 members cost what 500 payloads cost.
  if (random.int(maxItems > 64 ? 2_000 : 50) === 0) length = maxItems;
  if (faults.left > 0 && random.int(6) === 0) {
    faults.left--;
    length = random.int(maxItems > 64 ? 40 : 2) === 0 ? maxItems + 1 : Math.max(0, minItems - 1);
  }
  return Array.from({ length }, () => valueFor(node.items ?? {}, random, faults));
}

function integer(node: Schema, random: Random): number {
  const { minimum = -1_000, maximum = 1_000 } = node as { minimum?: number; maximum?: number };
  return random.pick([minimum, maximum, minimum + random.int(Math.max(1, Math.min(1_000, maximum - minimum)))]);
}

function number(node: Schema, random: Random): number {
  const { minimum = -1_000, exclusiveMinimum = minimum - 1, maximum = 1_000 } = node as Record<string, number>;
  const above = Math.max(minimum, exclusiveMinimum);
  return random.pick([maximum, above + (maximum - above) / 2, above + (maximum - above) / 1_024]);
}

function string(node: Schema, random: Random): string {
  const {
    pattern,
    minLength = 0,
    maxLength = 40,
  } = node as { pattern?: string; minLength?: number; maxLength?: number };
  if (node.format === "date-time") return new Date(random.int(2 ** 31) * 1_000 + random.int(1_000)).toISOString();
  if (pattern !== undefined) return matching(pattern, maxLength, random);
  return "a".repeat(
    random.pick([
      minLength,
      Math.min(maxLength, 5_000),
      minLength + random.int(Math.max(1, Math.min(40, maxLength - minLength))),
    ]),
  );
}

function anything(node: Schema, random: Random): unknown {
  const bytes = node.maxJsonBytes as number | undefined;
  const some = [1, "text", [1, { a: null }], { color: "red" }, null, true];
  return bytes === undefined ? random.pick(some) : random.pick([...some, "i".repeat(bytes - 2)]);
}

function deep(depth: number): unknown {
  let value: unknown = 1;
  for (let i = 0; i < depth; i++) value = i % 2 === 0 ? [value] : { a: value };
  return value;
}

interface Table {
  dfa: Dfa;
  /** Some code points of each class. */
  samples: readonly (readonly number[])[];
  /** By state: classes that do not lead to a dead end. */
  open: Map<number, number[]>;
}
const tables = new Map<string, Table>();

/** A walk through the table of an expression, to a text that matches. */
function matching(pattern: string, maxLength: number, random: Random): string {
  const { dfa, samples, open } = tables.get(pattern) ?? tableOf(pattern);
  for (;;) {
    let state = START;
    let text = "";
    const stopAt = random.pick([1, 8, 40, maxLength]);
    while (state > MATCHED && !(dfa.accepts[state] === 1 && text.length >= stopAt)) {
      const columns = open.get(state) ?? openColumns(dfa, samples, state);
      open.set(state, columns);
      if (columns.length === 0) break;
      const column = random.pick(columns);
      text += String.fromCodePoint(random.pick(samples[column]!));
      state = dfa.table[state * dfa.width + column]!;
    }
    if (text.length <= maxLength && (state === MATCHED || dfa.accepts[state] === 1)) return text;
  }
}

function tableOf(pattern: string): Table {
  const dfa = dfaOf(nfaOf(pattern, { unicode: true, ignoreCase: false }));
  const samples: number[][] = Array.from({ length: dfa.width }, () => []);
  const { starts, classOf } = dfa.classes;
  for (const [i, start] of starts.entries()) {
    const last = (starts[i + 1] ?? 0x110000) - 1;
    const some = [start, last, start + ((last - start) >> 1)].filter((code) => code < 0xd800);
    samples[classOf[i]!]!.push(...some);
  }
  const table = { dfa, samples, open: new Map<number, number[]>() };
  tables.set(pattern, table);
  return table;
}

function openColumns(dfa: Dfa, samples: Table["samples"], state: number): number[] {
  return [...samples.keys()].filter(
    (column) => dfa.table[state * dfa.width + column] !== DEAD && samples[column]!.length > 0,
  );
}
