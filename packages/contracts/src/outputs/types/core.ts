/** The part of every types file that no contract changes: what comes with messages, and core's own events. */

import type { JsonSchema } from "../../catalogue.ts";
import { CORE_SCHEMAS } from "../core-names.ts";
import { namesBySchema, pascalCase } from "../naming.ts";
import { type ClientMessage, coreSurface, type ServerMessage } from "../surface.ts";
import { clientMember, interfaceText, serverMember } from "./members.ts";
import { declaration } from "./schema-type.ts";

/** A schema for core's lists of events cannot name what is in each place; a type can. */
const OWN_TEXT: Readonly<Record<string, string>> = { EventTriple: "[name: string, payload: unknown, meta: Meta]" };

/** A payload or ack that is one of core's named parts has that name; every other one has its event's. */
function declarations(): { name: string; schema: JsonSchema }[] {
  const { client, server } = coreSurface();
  return [...client.map(ackOf), ...[...server, ...client].map(payloadOf)].filter(
    ({ schema }) => nameOf(schema) === undefined,
  );
}

const nameOf = namesBySchema(CORE_SCHEMAS);
const payloadOf = ({ name, payload }: ClientMessage | ServerMessage) => ({
  name: nameOf(payload) ?? pascalCase(name),
  schema: payload,
});
const ackOf = ({ name, ack }: ClientMessage) => ({ name: nameOf(ack) ?? `${pascalCase(name)}Reply`, schema: ack });

/** Every name that {@link coreSection} declares. */
export const coreTypeNames = (): string[] => [...CORE_SCHEMAS, ...declarations()].map(({ name }) => name);

export function coreSection(): string {
  const { client, server } = coreSurface();
  const parts = CORE_SCHEMAS.map(({ name, schema }) =>
    Object.hasOwn(OWN_TEXT, name)
      ? `export type ${name} = ${OWN_TEXT[name]};`
      : declaration(name, schema, nameOf, [], true),
  );
  const serverLines = server.map((message) => serverMember(message, payloadOf(message).name));
  const clientLines = client.map((message) => clientMember(message, payloadOf(message).name, ackOf(message).name));
  return [
    "/** Every ack. */\nexport type Reply<T = unknown> = { ok: true; data: T } | { ok: false; error: WireError };",
    ...parts,
    ...declarations().map(({ name, schema }) => declaration(name, schema, nameOf, [])),
    `/** What Rollcall sends of its own, on every namespace. */\n${interfaceText("CoreServerToClient", serverLines)}`,
    `/** What Rollcall itself answers, on every namespace. */\n${interfaceText("CoreClientToServer", clientLines)}`,
  ].join("\n\n");
}
