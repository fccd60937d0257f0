/**
 * The dearest payload to refuse: 64 KB, parsed and validated. Tries each payload of `test/hostile.ts` against each schema
 * there, and against random pairs of them joined by `allOf`, `anyOf` and `oneOf` as far as the compiler accepts them;
 * what seems worst is measured well.
 *
 *     node packages/contracts/bench/refusal.ts [--json]
 *
 * Processor time of the thread, so that what else the machine does counts little: means of many runs, the least of five,
 * garbage collected in between included.
 */

import fc from "fast-check";
import { schemaCompiler } from "../src/compile/schemas.ts";
import type { Validator } from "../src/contract.ts";
import { LIMITS } from "../src/limits.ts";
import { HOSTILE, PAYLOADS } from "../test/hostile.ts";
import { print } from "./print.ts";

const ROUNDS = 5;
const RUNS = 40;
const JOINED = 80;
const MEASURED = 15;

interface Pair {
  schema: string;
  payload: string;
  text: string;
  validate: Validator;
}

function cpuMs(work: () => unknown, runs: number): number {
  const from = process.threadCpuUsage();
  for (let i = 0; i < runs; i++) work();
  const { user, system } = process.threadCpuUsage(from);
  return (user + system) / 1_000 / runs;
}

const least = (work: () => unknown) => Math.min(...Array.from({ length: ROUNDS }, () => cpuMs(work, RUNS)));

/** Undefined when the compiler refuses the schema: no payload is ever looked at. */
function compiled(schema: object): Validator | undefined {
  let isRefused = false;
  const { validate } = schemaCompiler().compile(schema, { file: {}, siblings: new Map() }, () => {
    isRefused = true;
  });
  if (!isRefused) validate(null); // compiled: that is paid once, whatever the payload
  return isRefused ? undefined : validate;
}

const joins = fc
  .tuple(fc.constantFrom("allOf", "anyOf", "oneOf"), fc.constantFrom(...HOSTILE), fc.constantFrom(...HOSTILE))
  .map(([keyword, a, b]) => ({
    name: `${keyword}: ${a.name}; ${b.name}`,
    schema: { [keyword]: [a.schema, b.schema] },
  }));
const schemas = [...HOSTILE, ...fc.sample(joins, { numRuns: JOINED, seed: 1 })].flatMap(({ name, schema }) => {
  const validate = compiled(schema);
  return validate === undefined ? [] : [{ name, validate }];
});
const payloads = PAYLOADS.map((payload) => {
  const text = payload.text(LIMITS.frameBytes);
  return { name: payload.name, text, value: JSON.parse(text) as unknown, parseMs: cpuMs(() => JSON.parse(text), 5) };
});

const tried = schemas.flatMap(({ name: schema, validate }) =>
  payloads.map(({ name: payload, text, value, parseMs }) => {
    const pair: Pair = { schema, payload, text, validate };
    const once = () => cpuMs(() => validate(value), 1);
    return { pair, ms: parseMs + Math.min(once(), once()) };
  }),
);
const worst = tried.toSorted((a, b) => b.ms - a.ms).slice(0, MEASURED);
const rows = worst
  .map(({ pair: { schema, payload, text, validate } }) => ({
    schema,
    payload,
    bytes: Buffer.byteLength(text),
    verdict: validate(JSON.parse(text)) === undefined ? "accepted" : "refused",
    parse: least(() => JSON.parse(text)),
    all: least(() => validate(JSON.parse(text))),
  }))
  .toSorted((a, b) => b.all - a.all);
const refused = rows.filter(({ verdict }) => verdict === "refused");
print({ bench: "refusal", goal: "all <= 5 ms", unit: "ms", tried: tried.length, worst: refused[0]?.all ?? 0, rows });
