/** The part of every types file that no contract changes: what comes with messages, and core's own events. */

import { CORE_SCHEMAS } from "../core-names.ts";
import { coreAck, coreDefinitions, corePayload } from "../definitions.ts";
import { namesBySchema } from "../naming.ts";
import { coreSurface } from "../surface.ts";
import { clientMember, interfaceText, serverMember } from "./members.ts";
import { declaration } from "./schema-type.ts";

/** A schema for core's lists of events cannot name what is in each place; a type can. */
const OWN_TEXT: Readonly<Record<string, string>> = { EventTriple: "[name: string, payload: unknown, meta: Meta]" };

export function coreSection(): string {
  const nameOf = namesBySchema(CORE_SCHEMAS);
  const { client, server } = coreSurface();
  const parts = CORE_SCHEMAS.map(({ name, schema }) =>
    Object.hasOwn(OWN_TEXT, name)
      ? `export type ${name} = ${OWN_TEXT[name]};`
      : declaration(name, schema, nameOf, [], true),
  );
  const serverLines = server.map((message) => serverMember(message, corePayload(message).name));
  const clientLines = client.map((message) => clientMember(message, corePayload(message).name, coreAck(message).name));
  return [
    "/** Every ack. */\nexport type Reply<T = unknown> = { ok: true; data: T } | { ok: false; error: WireError };",
    ...parts,
    ...coreDefinitions().map(({ name, schema }) => declaration(name, schema, nameOf, [])),
    `/** What Rollcall sends of its own, on every namespace. */\n${interfaceText("CoreServerToClient", serverLines)}`,
    `/** What Rollcall itself answers, on every namespace. */\n${interfaceText("CoreClientToServer", clientLines)}`,
  ].join("\n\n");
}
