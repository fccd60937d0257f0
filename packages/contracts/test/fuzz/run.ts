/**
 * Generated payloads against the compiled core validators, a part of them against a second validator that shares no code
 * with the first. Payloads pass through JSON text, as they do on the wire.
 */

import { type Schema, Validator } from "@cfworker/json-schema";
import { project } from "../../src/core/project.ts";
import { isClientEvent, validateMeta } from "../../src/core/validators.ts";
import { type Random, randomOf } from "./random.ts";
import { SURFACES, type Surface } from "./surfaces.ts";
import { valueFor } from "./values.ts";

export interface FuzzOptions {
  seed: number;
  payloads: number;
  /** One payload in so many is shown to the second validator. */
  compareEvery: number;
}

export interface FuzzResult {
  payloads: number;
  accepted: number;
  refused: number;
  compared: number;
  /** How often each surface was asked: accepted and refused. */
  covered: Map<string, { accepted: number; refused: number }>;
  /** Thrown, or answered with neither. */
  crashes: string[];
  acceptedButInvalid: string[];
  refusedButValid: string[];
  undeclared: string[];
}

/** What the second validator knows nothing of. */
const OURS_ALONE = new Set(["maxJsonBytes", "maxUtf8Bytes", "maxDepth"]);
const NAMES = [
  "room:joint",
  "__proto__",
  "constructor",
  "disconnect",
  "",
  "toString",
  "session:ready",
  "a:b",
  "room:join ",
];

export function fuzz({ seed, payloads, compareEvery }: FuzzOptions): FuzzResult {
  const random = randomOf(seed);
  const result: FuzzResult = {
    payloads: 0,
    accepted: 0,
    refused: 0,
    compared: 0,
    covered: new Map(SURFACES.map(({ name }) => [name, { accepted: 0, refused: 0 }])),
    crashes: [],
    acceptedButInvalid: [],
    refusedButValid: [],
    undeclared: [],
  };
  const seconds = new Map<Surface, Validator>();
  const secondOf = (surface: Surface): Validator => {
    const known =
      seconds.get(surface) ?? new Validator(JSON.parse(JSON.stringify(surface.schema)) as Schema, "2020-12");
    seconds.set(surface, known);
    return known;
  };

  for (; result.payloads < payloads; result.payloads++) {
    const surface = random.pick(SURFACES);
    const faults = random.int(3) === 0 ? 0 : 1 + random.int(3);
    const text = JSON.stringify(valueFor(surface.schema, random, { left: faults })) ?? "null";
    const value: unknown = JSON.parse(text);
    const told = () => `seed ${seed}, payload ${result.payloads}, ${surface.name}: ${text.slice(0, 300)}`;
    let checked: ReturnType<Surface["check"]>;
    try {
      checked = surface.check(value);
      if (checked.ok ? checked.value === undefined : checked.issues.length === 0) result.crashes.push(told());
      fuzzPacket(random, value, result, told);
    } catch (error) {
      result.crashes.push(`${told()}: ${String(error)}`);
      continue;
    }
    result[checked.ok ? "accepted" : "refused"]++;
    result.covered.get(surface.name)![checked.ok ? "accepted" : "refused"]++;
    if (!checked.ok && faults === 0 && !isOursAlone(checked.issues))
      result.refusedButValid.push(`${told()} ${JSON.stringify(checked.issues)}`);
    if (result.payloads % compareEvery !== 0) continue;
    result.compared++;
    if (checked.ok) {
      if (!secondOf(surface).validate(checked.value).valid) result.acceptedButInvalid.push(told());
      if (!surface.check(checked.value).ok) result.acceptedButInvalid.push(`${told()}: not what it passes on`);
      // Of what is dropped, an object does not count as filled.
    } else if (!isOursAlone(checked.issues) && secondOf(surface).validate(project(surface.schema, value)).valid) {
      result.refusedButValid.push(`${told()} ${JSON.stringify(checked.issues)}`);
    }
  }
  return result;
}

const isOursAlone = (issues: readonly { keyword: string }[]) => issues.some(({ keyword }) => OURS_ALONE.has(keyword));

/** What stands around a payload: the event's name, and meta. */
function fuzzPacket(random: Random, payload: unknown, result: FuzzResult, told: () => string): void {
  const name = random.pick(NAMES);
  if (isClientEvent(name)) result.undeclared.push(`${name} ${told()}`);
  const meta = validateMeta(payload);
  if (!meta.ok) return;
  const { id, traceparent, ...more } = meta.value;
  const idIsFine = id === undefined || /^[A-Za-z0-9_-]{1,64}$/.test(id);
  if (!idIsFine || Object.keys(more).length > 0 || (traceparent !== undefined && typeof traceparent !== "string")) {
    result.acceptedButInvalid.push(`meta ${told()}`);
  }
}
