/** Changes to core's sources, as code that is added at their end: what is removed, what is loosened. */

import type { Edit } from "@rollcall/testkit";
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

export interface SurfaceEdit extends Edit {
  /** Name of the test that is to. */
  noticedBy: string;
}

/** `file` is below packages/contracts/src. */
const adding = (noticedBy: string, file: string, code: string): SurfaceEdit => ({
  noticedBy,
  file: `packages/contracts/src/${file}`,
  edited: (text) => `${text}\n${code}\n`,
});

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

export const removals = (): SurfaceEdit[] =>
  TABLES.flatMap(({ file, table, group, entries }) =>
    Object.keys(entries).map((name) =>
      adding(`${group} ${name}`, file, `Reflect.deleteProperty(${table}, ${JSON.stringify(name)});`),
    ),
  );

export const numbers = (): SurfaceEdit[] => [
  ...Object.entries(LIMITS).map(([name, value]) =>
    adding(`limits ${name} is ${value}`, "limits.ts", `Reflect.set(LIMITS, "${name}", ${value + 1});`),
  ),
  ...Object.entries(TIMEOUTS).map(([name, { ms }]) =>
    adding(
      `limits the ${name} timeout is ${ms} ms`,
      "limits-guide.ts",
      `Reflect.set(TIMEOUTS.${name}, "ms", ${ms + 1});`,
    ),
  ),
  ...Object.keys(GRAMMAR).map((kind) =>
    adding(`the grammar of ${kind}`, "names.ts", `Reflect.set(GRAMMAR, "${kind}", "^.*$");`),
  ),
];

/** By rounds: in each, every part of every schema is looser in one way, as far as it has so many. */
export function loosenings(): SurfaceEdit[][] {
  const rounds: SurfaceEdit[][] = [];
  for (let round = 0; ; round++) {
    const edits = SURFACES.flatMap(({ name, schema }): SurfaceEdit[] => {
      const copy = plain(schema);
      const noticedBy: string[] = [];
      for (const [pointer, node] of nodesOf(copy)) {
        const loosen = looseningsOf(node)[round];
        if (loosen === undefined) continue;
        loosen(node);
        noticedBy.push(nameOf(name, pointer));
      }
      const { file, code } = assignment(name, JSON.stringify(copy));
      return noticedBy.map((by, i) => adding(by, file, i === 0 ? code : ""));
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
