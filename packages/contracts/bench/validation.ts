/**
 * What it costs to validate: a 300-byte relay payload that is right, one that is wrong at its end, both beside JSON.parse of
 * the same bytes; and what a thousand declared events cost to load.
 *
 *     node --expose-gc packages/contracts/bench/validation.ts [--json]
 *
 * Processor time of the thread, the least of many rounds. `load` runs code that has
 * hardly run before; `first use` compiles every schema.
 */

import { checkSources } from "../src/compile/load.ts";
import type { Validator } from "../src/contract.ts";
import { print } from "./print.ts";

const ROUNDS = 40;
const CALLS = 20_000;
const EVENTS = 1_000;

function cpuUs(work: () => unknown): number {
  const from = process.threadCpuUsage();
  work();
  const { user, system } = process.threadCpuUsage(from);
  return user + system;
}

function eachUs(work: () => unknown): number {
  const round = () =>
    cpuUs(() => {
      for (let i = 0; i < CALLS; i++) work();
    }) / CALLS;
  return Math.min(...Array.from({ length: ROUNDS }, round));
}

function heapMb(): number {
  globalThis.gc?.();
  globalThis.gc?.(); // what only weak references held goes in the second
  return process.memoryUsage().heapUsed / 2 ** 20;
}

const declared = (i: number) => `
  shop-${i}:changed:
    description: What happened to part ${i} of an order.
    from: events.shop.part-${i}
    to: { room: "order:{/order}" }
    payload:
      type: object
      additionalProperties: false
      required: [order, status, field-${i}]
      properties:
        order: { type: string, minLength: 1, maxLength: 64 }
        status: { enum: [new, paid, packed, shipped, delivered, returned] }
        field-${i}: { type: integer, minimum: 0 }
        at: { type: string, format: date-time }
        customer: { type: object, required: [id], properties: { id: { type: string, pattern: "^[A-Za-z0-9-]{1,36}$" }, name: { type: string } } }
        lines: { type: array, maxItems: 100, items: { type: object, required: [sku, count], properties: { sku: { type: string }, count: { type: integer, minimum: 1 } } } }`;
const file = `rollcall: 1\nnamespace: /\nrooms: { "order:*": {} }\nevents:${Array.from({ length: EVENTS }, (_, i) => declared(i)).join("")}\n`;

// What every process has once: the meta-schema and the schema of contract files, compiled.
checkSources([
  { file: "one.yaml", text: `rollcall: 1\nnamespace: /\nevents:${declared(0)}\nrooms: { "order:*": {} }\n` },
]);
const before = heapMb();
let loaded: ReturnType<typeof checkSources> | undefined;
const loadMs =
  cpuUs(() => {
    loaded = checkSources([{ file: "shop.yaml", text: file }]);
  }) / 1_000;
if (loaded?.ok !== true) throw new Error(JSON.stringify(loaded));
const { contracts } = loaded;
loaded = undefined;
const loadMb = heapMb() - before;
const order = {
  order: "o-1",
  status: "paid",
  at: "2025-05-01T10:00:00Z",
  customer: { id: "c-1" },
  lines: [{ sku: "s", count: 2 }],
};
const events = [...contracts.namespaces.get("/")!.events.values()];
const firstUseMs =
  cpuUs(() => {
    for (const [i, event] of events.entries())
      if (event.validate({ ...order, [`field-${i}`]: i }) !== undefined) throw new Error(event.name);
  }) / 1_000;
const usedMb = heapMb() - before;

/** A cursor with a selection, as editors send it: 300 bytes. */
const relayFile = `rollcall: 1
namespace: /
rooms: { "doc:*": {} }
relays:
  cursor:moved:
    rooms: ["doc:*"]
    payload:
      type: object
      additionalProperties: false
      required: [x, y, tool, selection]
      properties:
        x: { type: number }
        y: { type: number }
        tool: { enum: [select, pen, text, eraser] }
        color: { type: string, pattern: "^#[0-9a-f]{6}$" }
        selection: { type: array, maxItems: 50, items: { type: string, minLength: 1, maxLength: 64 } }
        label: { type: string, maxLength: 200 }
        viewport: { type: object, required: [w, h], properties: { w: { type: integer }, h: { type: integer }, zoom: { type: number, exclusiveMinimum: 0 } } }
`;
const relays = checkSources([{ file: "board.yaml", text: relayFile }]);
if (!relays.ok) throw new Error(JSON.stringify(relays.mistakes));
const validate = relays.contracts.namespaces.get("/")!.relays.get("cursor:moved")!.validate as Validator;
const good = {
  x: 1024.5, y: 768.25, tool: "select", color: "#ff8800",
  selection: ["shape-0001", "shape-0002", "shape-0003", "shape-0004", "shape-0005", "shape-0006", "shape-0007"],
  label: "moving the third column a bit to the left of the others", viewport: { w: 1920, h: 1080, zoom: 1.25 },
}; // biome-ignore format: one payload
const text = JSON.stringify(good);
const wrong = JSON.stringify({ ...good, viewport: { w: 1920, h: 1080, zoom: 0 } });
const [rightValue, wrongValue] = [JSON.parse(text), JSON.parse(wrong)] as [unknown, unknown];
if (validate(rightValue) !== undefined || validate(wrongValue) === undefined)
  throw new Error("not what is to be measured");

const parseUs = eachUs(() => JSON.parse(text));
const acceptUs = eachUs(() => validate(rightValue));
const refuseUs = eachUs(() => validate(wrongValue));
const rows = [
  { what: "accept a relay payload", value: acceptUs, unit: "us", goal: 3, "to JSON.parse": acceptUs / parseUs },
  { what: "refuse one", value: refuseUs, unit: "us", goal: 10, "to JSON.parse": refuseUs / parseUs },
  { what: "JSON.parse of it", value: parseUs, unit: "us", goal: "", "to JSON.parse": 1 },
  { what: `load ${EVENTS} events`, value: loadMs, unit: "ms", goal: 1_000, "to JSON.parse": "" },
  { what: "what they hold", value: loadMb, unit: "MiB", goal: 20, "to JSON.parse": "" },
  { what: "first use of each", value: firstUseMs / EVENTS, unit: "ms", goal: "", "to JSON.parse": "" },
  { what: "what all hold, all used", value: usedMb, unit: "MiB", goal: 20, "to JSON.parse": "" },
];
print({ bench: "validation", bytes: Buffer.byteLength(text), rows });
