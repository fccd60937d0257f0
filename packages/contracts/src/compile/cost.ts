/**
 * An upper bound of what a payload can cost to validate, from its schema alone. A sender has nothing but bytes, so each
 * value's work is charged to the bytes that are its own (brackets, keys, digits, letters), and what the schema bounds in
 * number (`maxItems`, `maxProperties`, declared properties) may be charged by count instead. References have been
 * replaced, so a schema is a tree, and one walk is enough.
 */

import { LIMITS } from "../limits.ts";

type Schema = Record<string, unknown>;

/** All in nanoseconds of an idle core; `bench/refusal.ts` shows what is measured. */
interface Cost {
  /** For the value itself, whatever its length. */
  once: number;
  /** For each byte of its own: letters, or keys. */
  perOwnByte: number;
  /** For each byte of the values in it. */
  perInnerByte: number;
  /** For the first value that fails, which may be shorter than any that is accepted: it is the last one looked at. */
  failing: number;
  /** For each byte of it: branches that do not hold are asked again what is wrong. */
  again: number;
  /** For all of it, in another way: `counted.once`, plus `counted.perByte` for each byte. */
  counted: { once: number; perByte: number };
  /** Shortest text of its own that is accepted. */
  least: number;
}

const NS = { value: 8, property: 1.5, object: 50, branch: 10, key: 80, character: 8, length: 2, walk: 20 } as const;
/** Of a member: quotes, colon and comma. */
const MEMBER_BYTES = 4;

/** Worst time in ns to validate so many bytes of JSON. */
export function worstNs(schema: unknown, bytes: number = LIMITS.frameBytes): number {
  const cost = costOf(schema);
  const once = Math.min(cost.failing + rateOf(cost) * bytes, cost.counted.once + cost.counted.perByte * bytes);
  return once + cost.again * bytes;
}

/** For each byte of a value that stands among others of its kind: a comma is its own as well. */
function rateOf({ once, perOwnByte, perInnerByte, counted, least }: Cost): number {
  const charged = Math.max(perOwnByte, perInnerByte, once / (least + 1));
  return Math.min(charged, counted.perByte + counted.once / (least + 1));
}

const ANY: Cost = { once: NS.value, perOwnByte: 0, perInnerByte: 0, failing: NS.value, again: 0, counted: { once: NS.value, perByte: 0 }, least: 1 }; // biome-ignore format: one line

function costOf(schema: unknown): Cost {
  if (!isSchema(schema)) return ANY;
  const declared = Object.values(mapOf(schema.properties)).map(costOf);
  const first = listOf(schema.prefixItems).map(costOf);
  const members = membersOf(schema);
  const items = itemsOf(schema);
  const unions = ["anyOf", "oneOf"].flatMap((keyword) => listOf(schema[keyword])).map(costOf);
  const inPlace = [...unions, ...inPlaceOf(schema)];
  const own = ownOf(schema);
  const known = [...declared, ...first];

  const once = own.once + inPlace.length * NS.branch + sum(inPlace, (each) => each.once);
  const perOwnByte = own.walks + own.perByte + members.perKeyByte + sum(inPlace, (each) => each.perOwnByte);
  const perInnerByte =
    own.walks +
    most(known.map(rateOf), [sum(members.each, rateOf), sum(items.each, rateOf)]) +
    sum(inPlace, (each) => each.perInnerByte);

  const loops = [
    { ...members, perOtherByte: members.perKeyByte },
    { ...items, perKey: 0, perOtherByte: 0 },
  ];
  const countedOnce = loops.map(({ max, perKey, each }) =>
    max === undefined ? 0 : max * (perKey + sum(each, ({ counted }) => counted.once)),
  );
  const countedPerByte = loops.map(({ max, each, perOtherByte }) =>
    max === undefined ? Math.max(perOtherByte, sum(each, rateOf)) : sum(each, ({ counted }) => counted.perByte),
  );
  return {
    once,
    perOwnByte,
    perInnerByte,
    failing:
      once +
      most([...known, ...members.each, ...items.each].map((each) => each.failing)) +
      sum(inPlace, (each) => each.failing),
    again:
      sum(unions, (each) => Math.max(each.perOwnByte, each.perInnerByte)) +
      sum(inPlace, (each) => each.again) +
      most([...known, ...members.each, ...items.each].map((each) => each.again)),
    counted: {
      once:
        own.once +
        inPlace.length * NS.branch +
        sum(known.concat(inPlace), ({ counted }) => counted.once) +
        sum(countedOnce, same),
      perByte:
        own.walks +
        most(
          [own.perByte],
          known.map(({ counted }) => counted.perByte),
          countedPerByte,
        ) +
        sum(inPlace, ({ counted }) => counted.perByte),
    },
    least: leastOf(schema),
  };
}

/** Keywords that look at the value itself. */
function ownOf(schema: Schema) {
  const has = (...keywords: string[]) =>
    keywords.filter((keyword) => keyword in schema && schema[keyword] !== false).length;
  const objects = [schema.const, ...listOf(schema.enum)].filter(isSchema).length;
  const names = listOf(schema.required).length + Object.keys(mapOf(schema.properties)).length;
  return {
    once: NS.value + objects * NS.object + names * NS.property,
    /** These look at everything inside as well. */
    walks: (has("uniqueItems", "maxJsonBytes") + (objects > 0 ? 1 : 0)) * NS.walk,
    perByte:
      has("pattern", "format") * NS.character +
      has("minLength", "maxLength", "maxUtf8Bytes") * NS.length +
      (has("minProperties", "maxProperties") * NS.key) / 4 / MEMBER_BYTES,
  };
}

/** Subschemas that are asked about the same value, beside those of unions. */
function inPlaceOf(schema: Schema): Cost[] {
  const single = ["not", "if", "then", "else"].flatMap((keyword) => (keyword in schema ? [schema[keyword]] : []));
  return [...listOf(schema.allOf), ...single, ...Object.values(mapOf(schema.dependentSchemas))].map(costOf);
}

/** Keywords that look at every member, whatever its name. */
function membersOf(schema: Schema) {
  const patterns = Object.values(mapOf(schema.patternProperties));
  const others = ["additionalProperties", "propertyNames", "unevaluatedProperties"].filter(
    (keyword) => keyword in schema,
  );
  const each = [...patterns, ...others.map((keyword) => schema[keyword])].filter(isSchema).map(costOf);
  // What others have looked at is written down for `unevaluatedProperties`, and looked up.
  const loops = patterns.length + others.length + (others.includes("unevaluatedProperties") ? 2 : 0);
  // `additionalProperties` asks of each key whether a pattern takes it.
  const tests = patterns.length * (others.includes("additionalProperties") ? 2 : 1);
  const perKey = loops * NS.key;
  const perKeyByte = perKey / MEMBER_BYTES + tests * NS.character;
  return { each, perKey, perKeyByte, max: schema.maxProperties as number | undefined };
}

/** Keywords that look at every item. */
function itemsOf(schema: Schema) {
  const each = ["items", "contains", "unevaluatedItems"].flatMap((keyword) =>
    isSchema(schema[keyword]) ? [costOf(schema[keyword])] : [],
  );
  // An item that `contains` does not take does not end the walk: it may be as short as anything.
  return {
    each: "contains" in schema ? each.map((cost) => ({ ...cost, least: 1 })) : each,
    max: schema.maxItems as number | undefined,
  };
}

function leastOf(schema: unknown): number {
  if (!isSchema(schema)) return 1;
  const types = [schema.type].flat();
  const unions = ["anyOf", "oneOf"]
    .map((keyword) => listOf(schema[keyword]).map(leastOf))
    .filter((all) => all.length > 0);
  return most([1, types.length === 1 ? leastOfType(types[0], schema) : 1], unions.map((all) => Math.min(...all)), listOf(schema.allOf).map(leastOf)); // biome-ignore format: one line
}

function leastOfType(type: unknown, schema: Schema): number {
  if (type === "object") return 1 + sum(listOf(schema.required) as string[], (key) => key.length + MEMBER_BYTES);
  if (type === "array" || type === "string") return 2;
  return type === "boolean" || type === "null" ? 4 : 1;
}

const isSchema = (value: unknown): value is Schema => typeof value === "object" && value !== null;
const mapOf = (value: unknown): Schema => (isSchema(value) ? value : {});
const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
const same = (value: number): number => value;
const most = (...lists: (readonly number[])[]): number => Math.max(0, ...lists.flat());

function sum<T>(values: readonly T[], of: (value: T) => number): number {
  return values.reduce((total, value) => total + of(value), 0);
}
