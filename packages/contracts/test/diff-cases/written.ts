/** The pieces that cases of a diff are written with: contract files with one thing in them. */

import type { Written } from "../contract-pairs.ts";

export const text = { type: "string" };
export const customer = { type: "object", properties: { id: text, other: text }, required: ["id", "other"] };
export const room = (room: object, pattern = "doc:*"): Written => ({ rooms: { [pattern]: room } });
export const keys = (keys: object, more: object = {}) => room({ state: { keys, ...more } });
export const relay = (more: object): Written => ({
  relays: { "chat:said": { rooms: ["doc:*"], payload: text, ...more } },
});
export const command = (more: object): Written => ({
  commands: { "ticket:reply": { payload: text, reply: text, subject: "commands.ticket.reply", ...more } },
});
export const event = (more: object): Written => ({
  events: { "order:shipped": { payload: customer, to: { users: "/id" }, from: "events.orders", ...more } },
});
export const durable = (more: object) => event({ durable: { ttl: "7d", ...more } });
export const fallback = (after: string, channel = "mail") => durable({ fallback: { after, channel } });

export const AT = {
  room: "/rooms/doc:*",
  key: "/rooms/doc:*/state/keys/title",
  relay: "/relays/chat:said",
  command: "/commands/ticket:reply",
  event: "/events/order:shipped",
};

export type Row = [title: string, old: Written, next: Written, expected: string[]];
