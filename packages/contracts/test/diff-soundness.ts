/**
 * What a verdict of `diffContracts` promises, held against the validators that the services run: where no sender is broken,
 * what the old contract accepted the new one accepts; where no receiver is broken, what the new one lets through the old
 * one did too, but for fields that its clients do not know.
 */

import fc from "fast-check";
import { expect } from "vitest";
import { type ChangeClass, diffContracts } from "../src/evolution/index.ts";
import type { JsonSchema, Validator } from "../src/index.ts";
import { alike, isPromised, opened, payload } from "./arbitrary-schemas.ts";
import { type Loaded, load, tryLoad } from "./contract-pairs.ts";

interface Place {
  pointer: string;
  senders: ChangeClass;
  /** Missing: what they are promised is not looked at. */
  receivers?: ChangeClass;
  validator(loaded: Loaded): Validator;
}

const inBoth = (schema: JsonSchema) => ({
  commands: { "order:place": { payload: schema, reply: {}, subject: "commands.place" } },
  events: { "order:placed": { payload: schema } },
});
const namespace = ({ contracts }: Loaded) => contracts.namespaces.get("/")!;

const PLACES: readonly Place[] = [
  {
    pointer: "/commands/order:place/payload",
    senders: "breaking-for-clients",
    validator: (loaded) => namespace(loaded).commands.get("order:place")!.validate,
  },
  {
    pointer: "/events/order:placed/payload",
    senders: "breaking-for-publishers",
    receivers: "breaking-for-clients",
    validator: (loaded) => namespace(loaded).events.get("order:placed")!.validate,
  },
];

/** Keywords that the compiler refuses where others beside them leave them without effect. */
const REFUSED = new Set(["prefixItems", "patternProperties"]);

function loadable<T>(schema: T): T {
  if (Array.isArray(schema)) return schema.map(loadable) as T;
  if (typeof schema !== "object" || schema === null) return schema;
  const kept = Object.entries(schema).filter(([keyword]) => !REFUSED.has(keyword));
  return Object.fromEntries(kept.map(([keyword, value]) => [keyword, loadable(value)])) as T;
}

/** How often a verdict promised something, by whom it is for. */
export interface Promised {
  senders: number;
  receivers: number;
}

export function checkSoundness(numRuns: number): Promised {
  const promised: Promised = { senders: 0, receivers: 0 };
  fc.assert(
    fc.property(alike, fc.array(payload(3), { minLength: 20, maxLength: 20 }), (schemas, values) => {
      const [old, next] = [loadable(schemas[0]), loadable(schemas[1])];
      const [before, after] = [tryLoad(inBoth(old)), tryLoad(inBoth(next))];
      if (!before.ok || !after.ok) return;
      const changes = diffContracts(before.catalogue, after.catalogue);
      for (const { pointer, senders, receivers, validator } of PLACES) {
        const broken = new Set(changes.filter((change) => change.pointer === pointer).map((change) => change.class));
        if (!broken.has(senders)) {
          promised.senders++;
          expect(refused(validator(before), validator(after), old, values)).toBeUndefined();
        }
        if (receivers !== undefined && !broken.has(receivers)) {
          promised.receivers++;
          expect(refused(validator(after), validator(load(inBoth(opened(old)))), next, values)).toBeUndefined();
        }
      }
    }),
    { numRuns },
  );
  return promised;
}

/** A payload that one side may send by its schema, and the other side does not take. */
function refused(sends: Validator, takes: Validator, schema: JsonSchema, values: readonly unknown[]): unknown {
  return values.find(
    (value) => sends(value) === undefined && isPromised(value, [schema]) && takes(value) !== undefined,
  );
}
