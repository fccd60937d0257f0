/**
 * What can be said on one namespace, as it travels: each message once per direction, core's and the contract's alike.
 * Types, documents and pages are all drawn from this, so that none of them can know an event that another does not.
 */

import type { CommandEntry, EventEntry, JsonSchema, NamespaceEntry, RelayEntry } from "../catalogue.ts";
import { CLIENT_EVENTS } from "../core/client-events.ts";
import { SERVER_EVENTS } from "../core/server-events.ts";
import { GRAMMAR } from "../names.ts";
import { plain, RELAYED } from "./core-names.ts";

interface Named {
  name: string;
  description?: string;
  /** The first argument. */
  payload: JsonSchema;
}

export interface ClientMessage extends Named {
  /** Of a positive ack. */
  ack: JsonSchema;
  ackRequired: boolean;
  source:
    | { kind: "core"; needs?: string }
    | { kind: "relay"; entry: RelayEntry }
    | { kind: "command"; entry: CommandEntry };
}

export interface ServerMessage extends Named {
  source: { kind: "core" } | { kind: "relay"; entry: RelayEntry } | { kind: "event"; entry: EventEntry };
}

export interface Surface {
  /** Emitted by clients. */
  client: readonly ClientMessage[];
  /** Received by clients. */
  server: readonly ServerMessage[];
}

/** The same on every namespace. */
export function coreSurface(): Surface {
  return {
    client: Object.entries(CLIENT_EVENTS).map(([name, event]) => ({
      name,
      description: event.description,
      payload: plain(event.payload),
      ack: plain(event.ack),
      ackRequired: "ackRequired" in event,
      source: { kind: "core", ...("needs" in event ? { needs: event.needs } : {}) },
    })),
    server: Object.entries(SERVER_EVENTS).map(([name, { description, payload }]) => ({
      name,
      description,
      payload: plain(payload),
      source: { kind: "core" },
    })),
  };
}

/** What contract files declare for one namespace. */
export function surfaceOf(namespace: NamespaceEntry): Surface {
  const { relays, commands, events } = namespace;
  return {
    client: [
      ...relays.map(
        (entry): ClientMessage => ({
          ...described(entry),
          payload: relayPayload(entry),
          ack: RELAYED,
          ackRequired: false,
          source: { kind: "relay", entry },
        }),
      ),
      ...commands.map(
        (entry): ClientMessage => ({
          ...described(entry),
          payload: entry.payload,
          ack: entry.reply,
          ackRequired: false,
          source: { kind: "command", entry },
        }),
      ),
    ],
    server: [
      ...relays.map(
        (entry): ServerMessage => ({
          ...described(entry),
          payload: entry.payload,
          source: { kind: "relay", entry },
        }),
      ),
      ...events.map(
        (entry): ServerMessage => ({
          ...described(entry),
          payload: entry.payload,
          source: { kind: "event", entry },
        }),
      ),
    ],
  };
}

function described({ name, description }: RelayEntry | CommandEntry | EventEntry) {
  return { name, ...(description === undefined ? {} : { description }) };
}

function relayPayload({ payload, rooms }: RelayEntry): JsonSchema {
  return {
    type: "object",
    required: ["room", "data"],
    properties: {
      room: { type: "string", pattern: GRAMMAR.room, description: `A room of ${rooms.join(" or ")}.` },
      data: payload,
    },
  };
}
