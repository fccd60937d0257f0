/** Parts of core's payloads that have a name of their own in every output. */

import type { JsonSchema } from "../catalogue.ts";
import { CLIENT_EVENTS } from "../core/client-events.ts";
import { ClientMeta } from "../core/connect.ts";
import { SERVER_EVENTS } from "../core/server-events.ts";
import {
  count,
  Entry,
  EventTriple,
  Member,
  Meta,
  object,
  optional,
  RosterDiff,
  StateDiff,
  StateOp,
  timestamp,
  UserPresence,
} from "../core/shapes.ts";
import type { TSchema } from "../schema/type.ts";
import type { NamedSchema } from "./naming.ts";

/** TypeBox makes plain JSON Schema; its types do not say so. */
export const plain = (schema: TSchema): JsonSchema => schema as unknown as JsonSchema;

/** What a relay is acknowledged with. */
const Relayed = object({
  id: { ...Meta.properties.id, description: "In the meta of what others receive." },
  ts: timestamp,
  seq: optional({ ...count(), description: "The room's history number, where it has one." }),
});
export const RELAYED = plain(Relayed);

const fault = SERVER_EVENTS["session:fault"].payload.properties.error;

/** What may be sent: any `traceparent` is let through, but only text is of use. */
const clientMeta = { ...ClientMeta, properties: { ...ClientMeta.properties, traceparent: { type: "string" } } };

export const CORE_SCHEMAS: readonly NamedSchema[] = [
  { name: "Meta", schema: plain(Meta) },
  { name: "ClientMeta", schema: clientMeta },
  { name: "ErrorCode", schema: plain(fault.properties.code) },
  { name: "WireError", schema: plain(fault) },
  { name: "Relayed", schema: RELAYED },
  { name: "EventTriple", schema: plain(EventTriple) },
  { name: "Health", schema: plain(SERVER_EVENTS["session:health"].payload) },
  { name: "Member", schema: plain(Member) },
  { name: "RosterDiff", schema: plain(RosterDiff) },
  { name: "Entry", schema: plain(Entry) },
  { name: "StateDiff", schema: plain(StateDiff) },
  { name: "StateOp", schema: plain(StateOp) },
  { name: "UserPresence", schema: plain(UserPresence) },
  { name: "InboxState", schema: plain(CLIENT_EVENTS["inbox:ack"].ack) },
];
