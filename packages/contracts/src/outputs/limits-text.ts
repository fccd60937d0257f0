/** What a schema asks of a value beyond its type, in words. */

import type { JsonSchema } from "../catalogue.ts";
import { GRAMMAR, type NameKind } from "../names.ts";

/** Core's grammars by what they are called. */
const GRAMMARS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    event: "an event name",
    user: "a user id",
    session: "a session id",
    room: "a room id",
    stateKey: "a state key",
    tenant: "a tenant",
    namespace: "a namespace",
    clientId: "1 to 64 characters of [A-Za-z0-9_-]",
  } satisfies Partial<Record<NameKind, string>>).map(([kind, text]) => [GRAMMAR[kind as NameKind], text]),
);

type Keywords = { readonly [keyword: string]: unknown };

/** One phrase per limit; none for what nobody needs to be told, such as integers that every language can hold. */
export function limitsOf(schema: JsonSchema): string[] {
  if (typeof schema === "boolean") return [];
  const { pattern, format, multipleOf, maxJsonBytes, maxUtf8Bytes, uniqueItems } = schema as Keywords;
  const texts = [
    span(schema.minLength, schema.maxLength, "characters"),
    maxUtf8Bytes === undefined ? undefined : `at most ${shown(maxUtf8Bytes)} bytes of UTF-8`,
    maxJsonBytes === undefined ? undefined : `at most ${shown(maxJsonBytes)} bytes of JSON`,
    typeof pattern === "string" ? (GRAMMARS.get(pattern) ?? `matches ${pattern}`) : undefined,
    typeof format === "string" ? `format ${format}` : undefined,
    isCount(schema) ? undefined : span(useful(schema.minimum), useful(schema.maximum), ""),
    schema.exclusiveMinimum === undefined ? undefined : `above ${shown(schema.exclusiveMinimum)}`,
    schema.exclusiveMaximum === undefined ? undefined : `below ${shown(schema.exclusiveMaximum)}`,
    multipleOf === undefined ? undefined : `a multiple of ${shown(multipleOf)}`,
    span(schema.minItems, schema.maxItems, "items"),
    uniqueItems === true ? "each item once" : undefined,
    span(schema.minProperties, schema.maxProperties, "members"),
    "default" in schema ? `default ${JSON.stringify(schema.default)}` : undefined,
  ];
  return texts.filter((text) => text !== undefined);
}

function span(min: unknown, max: unknown, of: string): string | undefined {
  if (min === undefined && max === undefined) return undefined;
  const unit = (n: unknown) => (of === "" ? "" : ` ${n === 1 ? of.replace(/s$/, "") : of}`);
  if (max === undefined) return `at least ${shown(min)}${unit(min)}`;
  if (min === undefined || (min === 0 && of !== "")) return `at most ${shown(max)}${unit(max)}`;
  return min === max ? `exactly ${shown(max)}${unit(max)}` : `${shown(min)} to ${shown(max)}${unit(max)}`;
}

const shown = (value: unknown): string => (typeof value === "number" ? value.toLocaleString("en-US") : String(value));
/** Any number of things: who reads `count` or `seq` expects nothing else. */
const isCount = ({ minimum, maximum }: Keywords): boolean =>
  minimum === 0 && useful(maximum) === undefined && maximum !== undefined;
/** Every integer that JSON numbers hold exactly: no limit that anyone meets. */
const useful = (bound: unknown): unknown => (Math.abs(Number(bound)) >= Number.MAX_SAFE_INTEGER ? undefined : bound);

/** `7d`, `30s`, `1,500 ms`: as contract files write it. */
export function durationText(ms: number): string {
  const units = [
    [86_400_000, "d"],
    [3_600_000, "h"],
    [60_000, "m"],
    [1_000, "s"],
  ] as const;
  const unit = units.find(([size]) => ms >= size && ms % size === 0);
  return unit === undefined ? `${shown(ms)} ms` : `${ms / unit[0]}${unit[1]}`;
}

/** `5/s`, `10/m`. */
export function rateText({ perSecond }: { perSecond: number }): string {
  const units = [
    [1, "s"],
    [60, "m"],
    [3_600, "h"],
  ] as const;
  const [seconds, unit] = units.find(([size]) => Number.isInteger(round(perSecond * size))) ?? units[0];
  return `${round(perSecond * seconds)}/${unit}`;
}

const round = (n: number): number => Math.round(n * 1_000) / 1_000;

/** Phrases as one sentence. */
export function sentence(phrases: readonly string[]): string | undefined {
  const text = phrases.join(", ");
  return text === "" ? undefined : `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
