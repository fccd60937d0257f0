/** The keywords of one type: does what the first schema says about numbers, text, arrays, objects imply the second? */

import type { JsonSchema } from "../catalogue.ts";
import { pointerOf } from "../pointer.ts";
import { canonical } from "./canonical.ts";
import type { Keywords } from "./conjunction.ts";
import type { Finding } from "./finding.ts";
import { aboutField, aboutItems, aboutMembers, type Promises } from "./promises.ts";

/** What these need of the comparison they belong to. */
interface Inner {
  readonly ignoreUnknown: boolean;
  implies(first: JsonSchema, second: JsonSchema, pointer: string, promises: Promises): Finding[];
}

type Numeric = number | undefined;

/** Limits that are a maximum or a minimum of one number each. */
function limits(a: Keywords, b: Keywords, pointer: string, maxima: string[], minima: string[]): Finding[] {
  const exceeded = (keyword: string, beyond: (own: number, limit: number) => boolean, none: number): Finding[] => {
    const [first, second] = [a[keyword] as Numeric, b[keyword] as Numeric];
    if (second === undefined || !beyond(first ?? none, second)) return [];
    return [{ pointer, why: "limit", about: keyword, first, second }];
  };
  return [
    ...maxima.flatMap((keyword) => exceeded(keyword, (own, max) => own > max, Number.POSITIVE_INFINITY)),
    ...minima.flatMap((keyword) => exceeded(keyword, (own, min) => own < min, 0)),
  ];
}

/** `whole`: of integers only. */
export function compareNumbers(a: Keywords, b: Keywords, pointer: string, whole: boolean): Finding[] {
  const findings: Finding[] = [];
  for (const [inclusive, exclusive, sign] of [
    ["minimum", "exclusiveMinimum", 1],
    ["maximum", "exclusiveMaximum", -1],
  ] as const) {
    const own = bound(a, inclusive, exclusive, sign, whole);
    const wanted = bound(b, inclusive, exclusive, sign, whole);
    if (own.at > wanted.at || (own.at === wanted.at && (own.open || !wanted.open))) continue;
    const keyword = b[inclusive] === undefined ? exclusive : inclusive;
    findings.push({ pointer, why: "limit", about: keyword, first: a[keyword], second: b[keyword] });
  }
  const [step, wanted] = [a.multipleOf as Numeric, b.multipleOf as Numeric];
  const own = step ?? (whole ? 1 : undefined);
  if (wanted !== undefined && (own === undefined || !Number.isInteger(own / wanted))) {
    findings.push({ pointer, why: "limit", about: "multipleOf", first: step, second: wanted });
  }
  return findings;
}

/** The lower bound, or the upper one mirrored: a higher `at` allows less. */
function bound(schema: Keywords, inclusive: string, exclusive: string, sign: 1 | -1, whole: boolean) {
  const closed = (schema[inclusive] as Numeric) ?? -sign * Number.POSITIVE_INFINITY;
  const open = (schema[exclusive] as Numeric) ?? -sign * Number.POSITIVE_INFINITY;
  const isOpen = sign * open >= sign * closed && Number.isFinite(open);
  const at = sign * (isOpen ? open : closed);
  if (!whole || !Number.isFinite(at)) return { at, open: isOpen };
  return { at: isOpen ? Math.floor(at) + 1 : Math.ceil(at), open: false };
}

export function compareStrings(a: Keywords, b: Keywords, pointer: string): Finding[] {
  const findings = limits(a, b, pointer, ["maxLength", "maxUtf8Bytes"], ["minLength"]);
  if (b.pattern !== undefined && b.pattern !== a.pattern) findings.push({ pointer, why: "pattern" });
  if (b.format !== undefined && b.format !== a.format) {
    findings.push({ pointer, why: "format", about: String(b.format) });
  }
  return findings;
}

export function compareArrays(inner: Inner, a: Keywords, b: Keywords, pointer: string, promises: Promises): Finding[] {
  const findings = limits(a, b, pointer, ["maxItems"], ["minItems"]);
  if (b.uniqueItems === true && a.uniqueItems !== true) {
    findings.push({ pointer, why: "limit", about: "uniqueItems", first: false, second: true });
  }
  const first = (a.prefixItems ?? []) as readonly JsonSchema[];
  const second = (b.prefixItems ?? []) as readonly JsonSchema[];
  const most = (a.maxItems as Numeric) ?? Number.POSITIVE_INFINITY;
  const fixed = Math.max(first.length, second.length);
  const about = aboutItems(promises);
  const rest = (schema: Keywords) => (schema.items ?? true) as JsonSchema;
  for (let i = 0; i < Math.min(fixed, most); i++) {
    findings.push(...inner.implies(first[i] ?? rest(a), second[i] ?? rest(b), pointer + pointerOf(i), about));
  }
  if (most > fixed) findings.push(...inner.implies(rest(a), rest(b), `${pointer}/*`, about));
  return findings;
}

export function compareObjects(inner: Inner, a: Keywords, b: Keywords, pointer: string, promises: Promises): Finding[] {
  const findings = limits(a, b, pointer, ["maxProperties"], ["minProperties"]);
  const required = (a.required ?? []) as readonly string[];
  for (const name of (b.required ?? []) as readonly string[]) {
    if (!required.includes(name)) findings.push({ pointer: pointer + pointerOf(name), why: "required" });
  }
  findings.push(
    ...compareFields(inner, a, b, pointer, promises),
    ...comparePatterns(inner, a, b, pointer, promises),
    ...compareUndeclared(inner, a, b, pointer, promises),
  );
  for (const [name, wanted] of Object.entries((b.dependentRequired ?? {}) as Record<string, string[]>)) {
    const own = (a.dependentRequired as Record<string, string[]> | undefined)?.[name] ?? [];
    for (const other of wanted.filter((each) => !own.includes(each) && !required.includes(each))) {
      findings.push({ pointer: pointer + pointerOf(other), why: "required" });
    }
  }
  if (b.propertyNames !== undefined) {
    const own = (a.propertyNames ?? true) as JsonSchema;
    const names = inner.implies(own, b.propertyNames as JsonSchema, pointer, [own]);
    if (names.length > 0) findings.push({ pointer, why: "opaque", about: "propertyNames" });
  }
  const sees = b.unevaluatedProperties as JsonSchema | undefined;
  if (sees !== undefined && canonical(sees) !== "true" && !(inner.ignoreUnknown && sees === false)) {
    findings.push({ pointer, why: "opaque", about: "unevaluatedProperties" });
  }
  return findings;
}

const fieldsOf = (schema: Keywords) => (schema.properties ?? {}) as Readonly<Record<string, JsonSchema>>;
const patternsOf = (schema: Keywords) => (schema.patternProperties ?? {}) as Readonly<Record<string, JsonSchema>>;
/** What members that neither `properties` nor `patternProperties` names must match. */
const undeclaredOf = (schema: Keywords): JsonSchema => {
  const written = (schema.additionalProperties ?? true) as JsonSchema;
  return canonical(written) === "true" ? true : written;
};

function compareFields(inner: Inner, a: Keywords, b: Keywords, pointer: string, promises: Promises): Finding[] {
  const findings: Finding[] = [];
  for (const name of new Set([...Object.keys(fieldsOf(a)), ...Object.keys(fieldsOf(b))])) {
    const [own, wanted] = [schemasOf(a, name), schemasOf(b, name)];
    const about = aboutField(promises, name);
    if (about === undefined) continue;
    if (!wanted.declared && undeclaredOf(b) === false && inner.ignoreUnknown) continue;
    const promise = own.schemas.length === 1 ? own.schemas[0]! : { allOf: own.schemas };
    for (const demand of wanted.schemas) {
      findings.push(...inner.implies(promise, demand, pointer + pointerOf(name), about));
    }
  }
  return findings;
}

function comparePatterns(inner: Inner, a: Keywords, b: Keywords, pointer: string, promises: Promises): Finding[] {
  const about = aboutMembers(promises);
  return Object.entries(patternsOf(b)).flatMap(([pattern, demand]) => {
    const own = patternsOf(a);
    if (Object.hasOwn(own, pattern)) return inner.implies(own[pattern]!, demand, `${pointer}/*`, about);
    // Other patterns may match the same names.
    if (Object.keys(own).length > 0) return [{ pointer, why: "opaque" as const, about: "patternProperties" }];
    return inner.implies(undeclaredOf(a), demand, `${pointer}/*`, about);
  });
}

function compareUndeclared(inner: Inner, a: Keywords, b: Keywords, pointer: string, promises: Promises): Finding[] {
  const wanted = undeclaredOf(b);
  if (wanted === true || (wanted === false && inner.ignoreUnknown)) return [];
  const about = aboutMembers(promises);
  const lost = Object.entries(patternsOf(a)).flatMap(([pattern, own]) =>
    Object.hasOwn(patternsOf(b), pattern) ? [] : inner.implies(own, wanted, `${pointer}/*`, about),
  );
  const others = undeclaredOf(a);
  if (others === false) return lost;
  if (wanted === false) return [...lost, { pointer, why: "closed" }];
  if (others === true) return [...lost, { pointer, why: "undeclared" }];
  return [...lost, ...inner.implies(others, wanted, `${pointer}/*`, about)];
}

/** Every schema that the member of that name must match. */
function schemasOf(schema: Keywords, name: string): { declared: boolean; schemas: JsonSchema[] } {
  const fields = fieldsOf(schema);
  const schemas = Object.hasOwn(fields, name) ? [fields[name]!] : [];
  for (const [pattern, each] of Object.entries(patternsOf(schema))) {
    if (new RegExp(pattern, "u").test(name)) schemas.push(each);
  }
  return schemas.length > 0 ? { declared: true, schemas } : { declared: false, schemas: [undeclaredOf(schema)] };
}
