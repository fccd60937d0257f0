/** Changes to the examples' contract files: what they declare removed, or looser in one way. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import type { JsonSchema } from "../../src/catalogue.ts";
import { checkSources } from "../../src/compile/index.ts";
import { inlineReferences } from "../../src/compile/references.ts";
import type { SurfaceEdit } from "./edits.ts";
import { looseningsOf, nodesOf } from "./loosen.ts";

type Json = Record<string, unknown>;
type Kind = "rooms" | "relays" | "commands" | "events";

interface Declaration {
  noticedBy: string;
  kind: Kind;
  name: string;
}

interface ContractText {
  file: string;
  /** References replaced, so that each declaration has a schema of its own. */
  value: Record<Kind, Record<string, Json>> & { namespace: string };
  declarations: Declaration[];
}

const KINDS = ["rooms", "relays", "commands", "events"] as const;
/** Numbers with a unit, such as 7d and 30/s: one more of it. */
const QUANTITIES = [["rate"], ["timeout"], ["history", "ttl"], ["durable", "ttl"], ["state", "retain"]];
const NUMBERS = [["maxMembers"], ["history", "size"]];

/** In each round every declaration changes in one way, as far as it has so many. */
export function exampleRounds(root: string): SurfaceEdit[][] {
  const texts = ["board", "github", "support-desk"].flatMap((example) => {
    const folder = join("examples", example, "contracts");
    const read = (name: string) => parse(readFileSync(join(root, folder, name), "utf8")) as ContractText["value"];
    const values = new Map(readdirSync(join(root, folder)).map((name) => [name, read(name)]));
    return [...values].map(([name, value]) => contractOf(example, join(folder, name), value, values));
  });
  const rounds = [0, 1].map((rest) => texts.flatMap((text) => without(text, rest)));
  for (let round = 0; ; round++) {
    const edits = texts.flatMap((text) => looser(text, round));
    if (edits.length === 0) return rounds;
    rounds.push(edits);
  }
}

function contractOf(
  example: string,
  file: string,
  written: ContractText["value"],
  siblings: ReadonlyMap<string, unknown>,
): ContractText {
  const value = structuredClone(written);
  const declarations = KINDS.flatMap((kind) =>
    Object.entries(value[kind] ?? {}).map(([name, declared]) => {
      for (const [holder, key] of schemasOf(declared)) {
        holder[key] = inlineReferences(holder[key], { file: written, siblings }, () => {});
      }
      return { noticedBy: `${example} ${value.namespace} ${kind.slice(0, -1)} ${name}`, kind, name };
    }),
  );
  return { file, value, declarations };
}

/** Where its schemas stand. */
function schemasOf(declared: Json): (readonly [holder: Json, key: string])[] {
  const keys = Object.values(((declared.state as Json | undefined)?.keys ?? {}) as Record<string, Json>);
  const own = ["payload", "reply", "info"].filter((key) => key in declared).map((key) => [declared, key] as const);
  return [...own, ...keys.map((key) => [key, "value"] as const)];
}

function without({ file, value, declarations }: ContractText, rest: number): SurfaceEdit[] {
  const removed = declarations.filter((_, i) => i % 2 === rest);
  const next = structuredClone(value);
  for (const { kind, name } of removed) delete next[kind][name];
  return withText(file, next, removed);
}

function looser({ file, value, declarations }: ContractText, round: number): SurfaceEdit[] {
  const next = structuredClone(value);
  const changed = declarations.filter(({ kind, name }) => {
    const declared = next[kind][name]!;
    const loosen = waysOf(declared)[round];
    if (loosen === undefined) return false;
    loosen(declared);
    if (isAccepted(value, kind, name, declared)) return true;
    next[kind][name] = value[kind][name]!; // told when the file is loaded: no test needs to
    return false;
  });
  return withText(file, next, changed);
}

const withText = (file: string, next: object, declarations: readonly Declaration[]): SurfaceEdit[] =>
  declarations.map(({ noticedBy }) => ({ noticedBy, file, edited: () => JSON.stringify(next) }));

function isAccepted(file: ContractText["value"], kind: Kind, name: string, declared: Json): boolean {
  const { namespace, rooms } = file;
  const alone = {
    rollcall: 1,
    namespace,
    rooms,
    ...{ [kind]: { ...(kind === "rooms" ? rooms : {}), [name]: declared } },
  };
  return checkSources([{ file: "alone.json", text: JSON.stringify(alone) }]).ok;
}

function waysOf(declared: Json): ((declared: Json) => void)[] {
  const numbers = [...QUANTITIES, ...NUMBERS].filter((path) => at(declared, path) !== undefined);
  const parts = schemasOf(declared).flatMap(([holder, key], which) =>
    [...nodesOf(holder[key] as JsonSchema)].flatMap(([pointer, node]) =>
      looseningsOf(node).map((loosen) => ({ which, pointer, loosen })),
    ),
  );
  return [
    ...numbers.map((path) => (one: Json) => {
      const holder = at(one, path.slice(0, -1)) as Json;
      const key = path.at(-1)!;
      holder[key] = typeof holder[key] === "number" ? holder[key] + 1 : oneMore(String(holder[key]));
    }),
    ...parts.map(({ which, pointer, loosen }) => (one: Json) => {
      const [holder, key] = schemasOf(one)[which]!;
      loosen(nodesOf(holder[key] as JsonSchema).get(pointer)!);
    }),
  ];
}

const at = (value: Json, path: readonly string[]): unknown =>
  path.reduce((inner: unknown, key) => (inner as Json | undefined)?.[key], value);
const oneMore = (quantity: string) => quantity.replace(/^\d+/, (count) => String(Number(count) + 1));
