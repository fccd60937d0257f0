/** Contract files as values, loaded as the services load them, and what `diffContracts` says of two of them. */

import { type Change, diffContracts } from "../src/evolution/index.ts";
import { checkSources, type JsonSchema, type LoadResult } from "../src/index.ts";

export type Written = Readonly<Record<string, unknown>>;
export type Loaded = Extract<LoadResult, { ok: true }>;

/** One file each; `namespace: "/"` unless it says so. */
export function tryLoad(...files: readonly Written[]): LoadResult {
  return checkSources(
    files.map((file, i) => ({
      file: `${String(i)}.json`,
      text: JSON.stringify({ rollcall: 1, namespace: "/", ...file }),
    })),
  );
}

export function load(...files: readonly Written[]): Loaded {
  const result = tryLoad(...files);
  if (!result.ok) throw new Error(result.mistakes.map(({ pointer, message }) => `${pointer} ${message}`).join("; "));
  return result;
}

export const diff = (old: Written, next: Written): Change[] => diffContracts(load(old).catalogue, load(next).catalogue);

/** `<class> <rule> <pointer>[#<field>]`, without the part of the class that all breaking ones share. */
export const summary = ({ class: judged, rule, pointer, field }: Change): string =>
  `${judged.replace("breaking-for-", "")} ${rule} ${pointer}${field === undefined ? "" : `#${field}`}`;

/** The schema in each of the places where contract files hold one. */
export const everywhere = (schema: JsonSchema): Written => ({
  rooms: { "doc:*": { info: schema, state: { keys: { title: { value: schema } } } } },
  relays: { "chat:said": { rooms: ["doc:*"], payload: schema } },
  commands: { "ticket:reply": { payload: schema, reply: schema, subject: "commands.ticket.reply" } },
  events: { "order:shipped": { payload: schema } },
});
