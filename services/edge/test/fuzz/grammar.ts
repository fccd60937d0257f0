/**
 * What a hostile client may say within a session, down to the fields of a payload. `breaking.ts` has what ends a
 * connection, `requests.ts` what comes before one. Every case comes from a seeded generator.
 */

import type { Random } from "@rollcall/runtime";
import { encodeFrame } from "./raw-socket.ts";

/** Which layer a case attacks: a run covers all of them. */
export type Layer = "http" | "connect" | "frame" | "engine" | "packet" | "event" | "payload";

export interface Case {
  layer: Layer;
  /** The packet type or the like, for coverage. */
  kind: string;
  bytes: Buffer;
  /** Of a text frame. */
  text?: string;
  /** It leaves a frame open: what follows on this connection is its payload. */
  isOpenEnded?: boolean;
}

/** One kind of case, and how to make one. */
export interface Maker {
  layer: Layer;
  kind: string;
  make(random: Random): Omit<Case, "layer" | "kind">;
}

export const caseOf = ({ layer, kind, make }: Maker, random: Random): Case => ({ layer, kind, ...make(random) });

export const pick = <T>(random: Random, items: readonly T[]): T => items[random.int(items.length)]!;

export const NASTY_TEXTS = [
  "",
  "__proto__",
  "constructor",
  "prototype",
  "toString",
  "hasOwnProperty",
  "null",
  "\u0000",
  "\n",
  "\ud800",
  "𝒳".repeat(50),
  "{}*:>.",
  "a/b",
  "..",
  "%2e%2e",
  "r:main/x",
  "x".repeat(129),
  "x".repeat(5_000),
  "doc:*",
  "*",
  "$",
  "doc:1",
  "ann",
];
const NASTY_NUMBERS = [0, -0, -1, 1.5, 1e22, 2 ** 53 + 1, -(2 ** 53), Number.MAX_VALUE, 5e-324];
/** Numbers that only text can hold. */
const NASTY_LITERALS = ["1e400", "-1e400", "1e-400", "123456789012345678901234567890", "-0.0"];

export const EVENTS = [
  "room:join",
  "room:leave",
  "room:update",
  "room:members",
  "room:history",
  "state:get",
  "state:patch",
  "presence:set",
  "presence:watch",
  "presence:unwatch",
  "session:refresh",
  "inbox:ack",
  "inbox:sync",
  "cursor:moved",
  "chat:said",
  "chat:typing",
  "ticket:reply",
];
const OTHER_EVENTS = ["error", "message", "session:ready", "room:roster", "order:shipped", "no:such", "A:b"];
const FIELDS = [
  "room",
  "data",
  "info",
  "have",
  "last",
  "users",
  "status",
  "ops",
  "cursor",
  "limit",
  "grant",
  "observe",
  "token",
  "epoch",
  "seq",
];

/** JSON text of any shape; deep, wide and wrong ones among them. */
export function anyJson(random: Random, depth = 0): string {
  switch (random.int(depth > 3 ? 6 : 10)) {
    case 0:
      return JSON.stringify(pick(random, NASTY_TEXTS));
    case 1:
      return JSON.stringify(pick(random, NASTY_NUMBERS));
    case 2:
      return pick(random, NASTY_LITERALS);
    case 3:
      return pick(random, ["true", "false", "null", "{}", "[]"]);
    case 4:
      return `"${"\\u0061".repeat(random.int(20))}"`;
    case 5: {
      const levels = pick(random, [10, 33, 500, 5_000]);
      return random.int(20) === 0 ? `${"[".repeat(levels)}${"]".repeat(levels)}` : "[[[[1]]]]";
    }
    case 6:
    case 7:
      return `[${Array.from({ length: random.int(5) }, () => anyJson(random, depth + 1)).join(",")}]`;
    default: {
      const keys = Array.from({ length: random.int(5) }, () =>
        random.int(3) > 0 ? pick(random, FIELDS) : pick(random, NASTY_TEXTS),
      );
      return `{${keys.map((key) => `${JSON.stringify(key)}:${anyJson(random, depth + 1)}`).join(",")}}`;
    }
  }
}

/** A payload that is right but for one or two fields. */
function almostRight(random: Random, event: string): string {
  const right: Record<string, Record<string, unknown>> = {
    "room:join": { room: "doc:1", have: { epoch: "1.1", roster: 3 }, last: 5, observe: false },
    "room:update": { room: "doc:1", info: { color: "red" } },
    "room:members": { room: "doc:1", limit: 10 },
    "room:history": { room: "doc:1", before: 5 },
    "state:get": { room: "doc:1", keys: ["title"] },
    "state:patch": { room: "doc:1", ops: [{ op: "set", key: "count", value: 1, if: { version: 1 } }] },
    "presence:set": { status: "busy" },
    "presence:watch": { users: ["ann", "bob"] },
    "presence:unwatch": { users: ["ann"] },
    "session:refresh": { token: "a.b.c" },
    "inbox:ack": { epoch: "1.1", seq: 1 },
    "inbox:sync": { have: { epoch: "1.1", seq: 1 } },
    "cursor:moved": { room: "doc:1", data: { x: 1, y: 2 } },
    "chat:said": { room: "doc:1", data: { text: "hi" } },
    "ticket:reply": { text: "hi" },
  };
  const fields = Object.entries(right[event] ?? { room: "doc:1" }).map(([key, value]) => [key, JSON.stringify(value)]);
  for (let i = random.int(3); i > 0; i--) {
    const at = random.int(fields.length + 1);
    if (at === fields.length) fields.push([pick(random, NASTY_TEXTS), anyJson(random)]);
    else if (random.int(3) === 0) fields.splice(at, 1);
    else fields[at]![1] = anyJson(random);
    if (fields.length === 0) break;
  }
  return `{${fields.map(([key, value]) => `${JSON.stringify(key)}:${value}`).join(",")}}`;
}

export const textCase = (body: string): Omit<Case, "layer" | "kind"> => ({
  bytes: encodeFrame({ payload: Buffer.from(body) }),
  text: body,
});
const text = (layer: Layer, kind: string, body: string): Case => ({ layer, kind, ...textCase(body) });

/** For a connection with a session: most cases keep it alive, so that the next one is met too. */
export function inSession(random: Random): Case {
  const ack = random.int(3) === 0 ? "" : String(random.int(1_000));
  switch (random.int(8)) {
    case 0: {
      const name = random.int(2) === 0 ? pick(random, OTHER_EVENTS) : pick(random, NASTY_TEXTS);
      return text("event", "name", `42${ack}[${JSON.stringify(name)},${anyJson(random)}]`);
    }
    case 1: {
      const args = Array.from({ length: random.int(5) }, () => anyJson(random)).join(",");
      return text("event", "arguments", `42${ack}["${pick(random, EVENTS)}"${args === "" ? "" : `,${args}`}]`);
    }
    case 2: {
      const meta = pick(random, ['{"id":"x"}', '{"id":5}', '{"traceparent":"00-zz-1-01"}', "null", anyJson(random)]);
      const event = pick(random, EVENTS);
      return text("event", "meta", `42${ack}["${event}",${almostRight(random, event)},${meta}]`);
    }
    case 3:
      return text("payload", "any", `42${ack}["${pick(random, EVENTS)}",${anyJson(random)}]`);
    default: {
      const event = pick(random, EVENTS);
      return text("payload", event, `42${ack}["${event}",${almostRight(random, event)}]`);
    }
  }
}
