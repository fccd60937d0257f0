/** The rules of a message in words: who may send it and whom it reaches. */

import type { EventEntry, RelayEntry } from "../catalogue.ts";
import { codes, type Inline, line } from "./inline.ts";
import type { ClientMessage, ServerMessage } from "./surface.ts";

/** A room that the pattern takes. */
export const roomExample = ({ rooms }: RelayEntry): string => (rooms[0] ?? "*").replace(/\*$/, "1");

export function whoSends({ source, ...message }: ClientMessage | ServerMessage): Inline {
  switch (source.kind) {
    case "relay":
      return line`Members of a room of ${codes(source.entry.rooms)} whose token allows ${source.entry.op} on ${"room:<room>"}.`;
    case "command":
      return line`Clients whose token allows ${"call"} on ${`command:${source.entry.name}`}.`;
    case "event":
      return whoPublishes(source.entry);
    case "core":
      if (!("ack" in message)) return ["Rollcall itself."];
      return "needs" in source && source.needs !== undefined ? [`Clients, with ${source.needs}.`] : ["Every client."];
  }
}

function whoPublishes({ from, type, tenantFrom }: EventEntry): Inline {
  if (from === undefined) return line`Backends, by the request ${"emit"}.`;
  return [
    ...line`Backends, on the subject ${from}`,
    ...(type === undefined ? [] : line` with the CloudEvent type ${type}`),
    ...(tenantFrom === "header" ? line`, the tenant in ${"ce-tenantid"}` : []),
    ...line`; or by the request ${"emit"}.`,
  ];
}
