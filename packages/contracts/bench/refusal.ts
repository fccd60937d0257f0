/**
 * What the payloads of `test/hostile.ts` cost to refuse: parsing and validating 64 KB, by schema, the worst first.
 *
 *     node packages/contracts/bench/refusal.ts [--json]
 *
 * Processor time of the thread, so that what else the machine does counts little: means of many runs, the least of three,
 * garbage collected in between included.
 */

import { schemaCompiler } from "../src/compile/schemas.ts";
import { LIMITS } from "../src/limits.ts";
import { HOSTILE } from "../test/hostile.ts";
import { print } from "./print.ts";

const ROUNDS = 3;
const RUNS = 20;

function cpuMs(work: () => unknown): number {
  const from = process.threadCpuUsage();
  for (let i = 0; i < RUNS; i++) work();
  const { user, system } = process.threadCpuUsage(from);
  return (user + system) / 1_000 / RUNS;
}

const least = (work: () => unknown) => Math.min(...Array.from({ length: ROUNDS }, () => cpuMs(work)));

const rows = HOSTILE.map(({ name, schema, text }) => {
  const { validate } = schemaCompiler().compile(schema, { file: {}, siblings: new Map() }, (pointer, message) => {
    throw new Error(`${name}: ${pointer} ${message}`);
  });
  validate(null); // compiled: that is paid once, whatever the payload
  const payload = text(LIMITS.frameBytes);
  const parse = least(() => JSON.parse(payload));
  return { name, bytes: Buffer.byteLength(payload), parse, all: least(() => validate(JSON.parse(payload))) };
}).toSorted((a, b) => b.all - a.all);

print({ bench: "refusal", goal: "all <= 5 ms", unit: "ms", worst: rows[0]!.all, rows });
