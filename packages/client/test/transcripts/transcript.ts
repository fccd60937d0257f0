/** Transcripts of `packages/contracts/vectors`: their form, and how what is expected compares with what came. */

import { readFileSync } from "node:fs";

export interface Claims {
  user: string;
  name?: string;
  ns?: string[];
  cap?: Record<string, string[]>;
}

export interface Step {
  client: string;
  connect?: { edge?: number; token?: string; auth?: Record<string, unknown> };
  ready?: unknown;
  refused?: unknown;
  emit?: [name: string, payload: unknown, meta?: unknown];
  refresh?: string;
  ack?: unknown;
  event?: [name: string, payload: unknown, meta?: unknown];
  drop?: true;
  disconnect?: true;
  closed?: true;
}

export interface Transcript {
  name: string;
  tokens: Record<string, Claims>;
  steps: Step[];
}

/** What a program that plays transcripts is given. */
export interface Performance {
  /** URLs. */
  edges: string[];
  /** Of `Transcript.tokens`. */
  tokens: Record<string, string>;
  steps: Step[];
}

const FILE = new URL("../../../contracts/vectors/transcripts.json", import.meta.url);

/** `run`: in the names of users and rooms, so that performances on one cluster do not meet. */
export function readTranscripts(run: string): Transcript[] {
  const transcripts = JSON.parse(readFileSync(FILE, "utf8")) as Transcript[];
  return transcripts.map((one, i) => JSON.parse(JSON.stringify(one).replaceAll("{run}", `${run}-${i}`)) as Transcript);
}

export type Bound = Map<string, unknown>;

/** What is sent, with the values that names were bound to. */
export function filled(value: unknown, bound: Bound): unknown {
  if (typeof value === "string" && value.startsWith("$")) {
    if (!bound.has(value)) throw new Error(`${value} is not bound`);
    return bound.get(value);
  }
  if (Array.isArray(value)) return value.map((item) => filled(item, bound));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, filled(item, bound)]));
}

/** Throws where it differs; binds names as it goes. */
export function compare(expected: unknown, actual: unknown, bound: Bound, path = ""): void {
  const differ = () => {
    throw new Error(`${path || "/"}: expected ${JSON.stringify(expected)}, got ${JSON.stringify(actual)}`);
  };
  if (expected === "$absent") {
    if (actual !== undefined) differ();
  } else if (typeof expected === "string" && expected.startsWith("$")) {
    if (actual === undefined || actual === null) differ();
    if (expected !== "$" && !bound.has(expected)) bound.set(expected, actual);
    else if (expected !== "$") compare(bound.get(expected), actual, bound, path);
  } else if (Array.isArray(expected)) {
    if (!Array.isArray(actual) || actual.length !== expected.length) differ();
    for (const [i, item] of expected.entries()) compare(item, (actual as unknown[])[i], bound, `${path}/${i}`);
  } else if (typeof expected === "object" && expected !== null) {
    if (typeof actual !== "object" || actual === null || Array.isArray(actual)) differ();
    for (const [key, item] of Object.entries(expected)) {
      compare(item, (actual as Record<string, unknown>)[key], bound, `${path}/${key}`);
    }
  } else if (expected !== actual) differ();
}
