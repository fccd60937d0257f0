/** Changes to core's sources, as code that is added at their end: what is removed, what is loosened. */

import { CLIENT_EVENTS } from "../../src/core/client-events.ts";
import { PRESENCE_EVENTS } from "../../src/core/cloud-events.ts";
import { REQUESTS } from "../../src/core/requests.ts";
import { SERVER_EVENTS } from "../../src/core/server-events.ts";
import { LIMITS } from "../../src/limits.ts";
import { TIMEOUTS } from "../../src/limits-guide.ts";
import { GRAMMAR } from "../../src/names.ts";
import { SURFACES } from "../fuzz/surfaces.ts";
import { nameOf, plain } from "./core.ts";
import { looseningsOf, nodesOf } from "./loosen.ts";

export interface Edit {
  /** Of the test that is to notice. */
  noticedBy: string;
  /** Under packages/contracts/src. */
  file: string;
  code: string;
}

const TABLES = [
  // `requests.ts` refers to entries of it when it is loaded.
  { file: "core/requests.ts", table: "CLIENT_EVENTS", group: "client events", entries: CLIENT_EVENTS },
  { file: "core/server-events.ts", table: "SERVER_EVENTS", group: "server events", entries: SERVER_EVENTS },
  { file: "core/requests.ts", table: "REQUESTS", group: "requests", entries: REQUESTS },
  {
    file: "core/cloud-events.ts",
    table: "PRESENCE_EVENTS",
    group: "what presence publishes",
    entries: PRESENCE_EVENTS,
  },
] as const;
/** Surfaces that are no entry of a table. */
const SINGLE: Record<string, { file: string; schema: string }> = {
  auth: { file: "core/connect.ts", schema: "Auth" },
  claims: { file: "core/connect.ts", schema: "Claims" },
  "server meta": { file: "core/shapes.ts", schema: "Meta" },
  "cloud event": { file: "core/cloud-events.ts", schema: "CloudEventAttributes" },
  "fallback body": { file: "core/cloud-events.ts", schema: "FallbackBody" },
  error: { file: "core/shapes.ts", schema: "WireError" },
};

export const removals = (): Edit[] =>
  TABLES.flatMap(({ file, table, group, entries }) =>
    Object.keys(entries).map((name) => ({
      noticedBy: `${group} ${name}`,
      file,
      code: `Reflect.deleteProperty(${table}, ${JSON.stringify(name)});`,
    })),
  );

export const numbers = (): Edit[] => [
  ...Object.entries(LIMITS).map(([name, value]) => ({
    noticedBy: `limits ${name} is ${value}`,
    file: "limits.ts",
    code: `Reflect.set(LIMITS, "${name}", ${value + 1});`,
  })),
  ...Object.entries(TIMEOUTS).map(([name, { ms }]) => ({
    noticedBy: `limits the ${name} timeout is ${ms} ms`,
    file: "limits-guide.ts",
    code: `Reflect.set(TIMEOUTS.${name}, "ms", ${ms + 1});`,
  })),
  ...Object.keys(GRAMMAR).map((kind) => ({
    noticedBy: `the grammar of ${kind}`,
    file: "names.ts",
    code: `Reflect.set(GRAMMAR, "${kind}", "^.*$");`,
  })),
];

/** By rounds: in each, every part of every schema is looser in one way, as far as it has so many. */
export function loosenings(): Edit[][] {
  const rounds: Edit[][] = [];
  for (let round = 0; ; round++) {
    const edits = SURFACES.flatMap(({ name, schema }): Edit[] => {
      const copy = plain(schema);
      const noticedBy: string[] = [];
      for (const [pointer, node] of nodesOf(copy)) {
        const loosen = looseningsOf(node)[round];
        if (loosen === undefined) continue;
        loosen(node);
        noticedBy.push(nameOf(name, pointer));
      }
      const { file, code } = assignment(name, JSON.stringify(copy));
      return noticedBy.map((by, i) => ({ noticedBy: by, file, code: i === 0 ? code : "" }));
    });
    if (edits.length === 0) return rounds;
    rounds.push(edits);
  }
}

function assignment(surface: string, json: string): { file: string; code: string } {
  const single = SINGLE[surface];
  if (single !== undefined) {
    const { file, schema } = single;
    return {
      file,
      code: `for (const k of Object.keys(${schema})) Reflect.deleteProperty(${schema}, k);\nObject.assign(${schema}, ${json});`,
    };
  }
  const [name, part] = surface.split(" ") as [string, string];
  const { file, table } = TABLES.find(({ entries }) => Object.hasOwn(entries, name) && part in entries[name as never])!;
  return { file, code: `Reflect.set(${table}[${JSON.stringify(name)}], "${part}", ${json});` };
}
