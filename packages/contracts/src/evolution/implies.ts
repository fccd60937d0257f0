/**
 * Is every payload that one schema accepts accepted by another? Sound, not complete: no finding is a proof (for payloads
 * without fields that nobody declared, see below); where no proof is found, a finding says what stands in the way.
 *
 * Fields that the first schema does not declare are nobody's promise: though an open object may hold them, that the
 * second declares one is no obstacle. So a new optional field is compatible for those who send and those who receive.
 */

import type { ValidateFunction } from "ajv";
import type { Ajv2020 } from "ajv/dist/2020.js";
import type { JsonSchema } from "../catalogue.ts";
import { newAjv } from "../core/ajv.ts";
import { canonical } from "./canonical.ts";
import {
  type Conjunction,
  commonTypes,
  conjunctionOf,
  type Keywords,
  sameValue,
  schemaOf,
  typesOf,
  valuesOf,
} from "./conjunction.ts";
import type { Finding } from "./finding.ts";
import { compareArrays, compareNumbers, compareObjects, compareStrings } from "./keywords.ts";
import type { Promises } from "./promises.ts";

export interface ImpliesOptions {
  /** The second schema belongs to a receiver: it ignores fields it does not know, even where its schema is closed. */
  ignoreUnknown?: boolean;
}

/** What is compared before one gives up: no sane schema comes near. */
const MAX_STEPS = 20_000;
/** Compared below; what any other keyword restricts, only equality can judge. */
const COMPARED: ReadonlySet<string> = new Set(
  `type enum const anyOf oneOf required properties patternProperties additionalProperties propertyNames minProperties
   maxProperties dependentRequired unevaluatedProperties items prefixItems minItems maxItems uniqueItems minLength
   maxLength maxUtf8Bytes pattern format minimum exclusiveMinimum maximum exclusiveMaximum multipleOf maxJsonBytes`.split(
    /\s+/,
  ),
);

export function implies(first: JsonSchema, second: JsonSchema, options: ImpliesOptions = {}): Finding[] {
  return new Comparison(options.ignoreUnknown === true).implies(first, second, "", [first]);
}

class Comparison {
  readonly ignoreUnknown: boolean;
  readonly #accepts = acceptance();
  #steps = 0;

  constructor(ignoreUnknown: boolean) {
    this.ignoreUnknown = ignoreUnknown;
  }

  /** `promises`: all that the first schema says about this value, of which `first` may be one case. */
  implies(first: JsonSchema, second: JsonSchema, pointer: string, promises: Promises): Finding[] {
    if (++this.#steps > MAX_STEPS) return [{ pointer, why: "opaque", about: "too many alternatives" }];
    const wanted = canonical(second);
    if (wanted === "true" || first === false || canonical(first) === wanted) return [];
    if (second === false) return [{ pointer, why: "field" }];
    const [a, b] = [conjunctionOf(first), conjunctionOf(second)];
    const whole = this.#together(a, b, pointer, promises);
    if (whole.length === 0) return [];
    const cases = casesOf(a, b);
    if (cases === undefined) return whole;
    return distinct(cases.flatMap((each) => this.implies(each, second, pointer, promises)));
  }

  /** Each demand of `b` must follow from something that `a` promises. */
  #together(a: Conjunction, b: Conjunction, pointer: string, promises: Promises): Finding[] {
    const follows = (demand: JsonSchema, fromMain: Finding[]) =>
      fromMain.length === 0
        ? []
        : fewest([fromMain, ...a.rest.map((promise) => this.implies(promise, demand, pointer, promises))]);
    return distinct([
      ...follows(b.main, this.#keywords(a.main, b.main, pointer, promises)),
      ...b.rest.flatMap((demand) => follows(demand, this.implies(a.main, demand, pointer, promises))),
    ]);
  }

  #keywords(a: Keywords, b: Keywords, pointer: string, promises: Promises): Finding[] {
    const [given, wanted] = [valuesOf(a), valuesOf(b)];
    if (given !== undefined) {
      const refused = given.filter((value) => !this.#accepts(b, value));
      return refused.length === 0 ? [] : [{ pointer, why: "value", about: listed(refused) }];
    }
    const findings: Finding[] = [];
    const types = typesOf(a);
    const common = commonTypes(types, typesOf(b));
    const excess = types.filter((type) => !common.includes(type));
    if (excess.length > 0) findings.push({ pointer, why: "type", about: excess.join(" or ") });
    else if (wanted !== undefined) {
      findings.push({ pointer, why: "values", about: listed(wanted) });
    }
    if (common.includes("number")) findings.push(...compareNumbers(a, b, pointer, false));
    else if (common.includes("integer")) findings.push(...compareNumbers(a, b, pointer, true));
    if (common.includes("string")) findings.push(...compareStrings(a, b, pointer));
    if (common.includes("array")) findings.push(...compareArrays(this, a, b, pointer, promises));
    if (common.includes("object")) findings.push(...compareObjects(this, a, b, pointer, promises));
    return [...findings, ...this.#ofAnyType(a, b, pointer, promises)];
  }

  #ofAnyType(a: Keywords, b: Keywords, pointer: string, promises: Promises): Finding[] {
    const findings: Finding[] = [];
    const [own, most] = [a.maxJsonBytes, b.maxJsonBytes] as [number | undefined, number | undefined];
    if (most !== undefined && (own ?? Number.POSITIVE_INFINITY) > most) {
      findings.push({ pointer, why: "limit", about: "maxJsonBytes", first: own, second: most });
    }
    for (const keyword of ["anyOf", "oneOf"] as const) {
      const branches = b[keyword] as readonly JsonSchema[] | undefined;
      if (branches === undefined || sameKeywords(a, b, keyword)) continue;
      if (keyword === "oneOf" && !apart(branches)) findings.push({ pointer, why: "opaque", about: "oneOf" });
      else findings.push(...this.#someOf(a, branches, pointer, promises));
    }
    const others = Object.keys(b).filter((keyword) => !COMPARED.has(keyword) && !sameKeywords(a, b, keyword));
    if (others.length > 0) findings.push({ pointer, why: "opaque", about: others.join(", ") });
    return findings;
  }

  /** What stands in the way of the one branch that is meant; when that cannot be told, that none fits. */
  #someOf(a: Keywords, branches: readonly JsonSchema[], pointer: string, promises: Promises): Finding[] {
    const results = branches.map((branch) => this.implies(a, branch, pointer, promises));
    if (results.some((findings) => findings.length === 0)) return [];
    const meant = branches.flatMap((branch, i) => (disjoint(a, conjunctionOf(branch).main) ? [] : [results[i]!]));
    return meant.length === 1 ? meant[0]! : [{ pointer, why: "alternative" }];
  }
}

/** The cases into which `a` falls, when `b` may accept each for another reason. */
function casesOf(a: Conjunction, b: Conjunction): JsonSchema[] | undefined {
  for (const keyword of ["anyOf", "oneOf"] as const) {
    const { [keyword]: branches, ...main } = a.main as { anyOf?: JsonSchema[]; oneOf?: JsonSchema[] };
    if (branches === undefined) continue;
    return branches.map((branch) => ({ ...main, allOf: [...a.rest, branch] }));
  }
  const types = typesOf(a.main);
  const isChoice = [b.main, ...b.rest].some((each) => typeof each === "object" && ("anyOf" in each || "oneOf" in each));
  if (types.length < 2 || !isChoice) return undefined;
  return types.map((type) => schemaOf({ ...a, main: { ...a.main, type } }));
}

let ajv: Ajv2020 | undefined;

/** Tells whether a constant of a contract file is accepted. A schema that does not stand alone accepts nothing: no proof. */
function acceptance(): (schema: Keywords, value: unknown) => boolean {
  const known = new Map<string, ValidateFunction | undefined>();
  const compiled = (schema: Keywords) => {
    ajv ??= newAjv();
    try {
      return ajv.compile(schema);
    } catch {
      return undefined;
    } finally {
      ajv.removeSchema(schema);
    }
  };
  return (schema, value) => {
    const key = canonical(schema);
    if (!known.has(key)) known.set(key, compiled(schema));
    return known.get(key)?.(value) === true;
  };
}

/** No value is accepted by two of the branches. */
function apart(branches: readonly JsonSchema[]): boolean {
  const mains = branches.map((branch) => conjunctionOf(branch).main);
  return mains.every((one, i) => mains.slice(i + 1).every((other) => disjoint(one, other)));
}

/** By their types, by their values, or by the constants of a field that both require. */
function disjoint(a: Keywords, b: Keywords): boolean {
  const common = commonTypes(typesOf(a), typesOf(b));
  if (common.length === 0) return true;
  const [some, others] = [valuesOf(a), valuesOf(b)];
  if (some !== undefined && others !== undefined) {
    return !some.some((value) => others.some((other) => sameValue(value, other)));
  }
  if (common.length !== 1 || common[0] !== "object") return false;
  const required = (b.required ?? []) as readonly string[];
  return ((a.required ?? []) as readonly string[]).some((name) => {
    const [one, other] = [a, b].map((each) => (each.properties as Record<string, JsonSchema> | undefined)?.[name]);
    if (!required.includes(name) || one === undefined || other === undefined) return false;
    return disjoint(conjunctionOf(one).main, conjunctionOf(other).main);
  });
}

/** Keywords that mean something only together. */
const TOGETHER: readonly (readonly string[])[] = [
  ["contains", "minContains", "maxContains"],
  ["if", "then", "else"],
];

/** Both restrict alike by `keyword`. What cannot be seen alone, such as `unevaluatedItems`, never does. */
function sameKeywords(a: Keywords, b: Keywords, keyword: string): boolean {
  if (keyword === "unevaluatedItems" || !Object.hasOwn(a, keyword)) return false;
  const group = TOGETHER.find((keywords) => keywords.includes(keyword)) ?? [keyword];
  const pick = (from: Keywords) => Object.fromEntries(Object.entries(from).filter(([key]) => group.includes(key)));
  return canonical(pick(a)) === canonical(pick(b));
}

const fewest = (candidates: readonly Finding[][]): Finding[] =>
  candidates.reduce((best, each) => (each.length < best.length ? each : best));

const distinct = (findings: readonly Finding[]): Finding[] => [
  ...new Map(findings.map((finding) => [JSON.stringify(finding), finding])).values(),
];

/** Enough of them to know what is meant: lists of values may be long. */
const SHOWN_VALUES = 5;
const SHOWN_CHARACTERS = 60;

function listed(values: readonly unknown[]): string {
  const shown = values.slice(0, SHOWN_VALUES).map((value) => {
    const text = JSON.stringify(value);
    return text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}...` : text;
  });
  const more = values.length - shown.length;
  return shown.join(", ") + (more > 0 ? ` and ${more} more` : "");
}
