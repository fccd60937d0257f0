/**
 * What breaks the protocol, from single frames to packets: the connection is expected to be closed, and nothing else.
 * A table, walked in turn, so that a run of any size covers every kind.
 */

import type { Random } from "@rollcall/runtime";
import { anyJson, type Maker, NASTY_TEXTS, pick, textCase } from "./grammar.ts";
import { encodeFrame, type Frame } from "./raw-socket.ts";

/** No JSON. */
const BROKEN_JSON = ["00", "0x10", "NaN", "undefined", "{a:1}", "[1,]", "'x'", '"', "{", "[1", "\u0000"];
const RESERVED_NAMES = ["connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"];

const somePayload = (random: Random) => Buffer.from(pick(random, ["2", '42["a:b",{}]', "x".repeat(200)]));

const frame = (kind: string, make: (random: Random, payload: Buffer) => Frame, isOpenEnded = false): Maker => ({
  layer: "frame",
  kind,
  make: (random) => ({ bytes: encodeFrame(make(random, somePayload(random))), isOpenEnded }),
});

const FRAMES: Maker[] = [
  frame("rsv", (random, payload) => ({ rsv: 1 + random.int(7), payload })),
  frame("unmasked", (_, payload) => ({ masked: false, payload })),
  frame("opcode", (random, payload) => ({ opcode: pick(random, [3, 4, 5, 6, 7, 11, 12, 13, 14, 15]), payload })),
  frame("binary", (random) => ({ opcode: 2, payload: Buffer.from(random.bytes(random.int(100))) })),
  frame("ping", (random) => ({ opcode: 9, payload: Buffer.alloc(random.int(200)) })),
  frame("pong", (random) => ({ opcode: 10, payload: Buffer.alloc(random.int(200)) })),
  frame("continuation", (_, payload) => ({ opcode: 0, payload })),
  frame("lying", (random, payload) => ({ claimedLength: payload.length + 1 + random.int(1_000), payload }), true),
  frame("huge", (_, payload) => ({ claimedLength: 4_000_000_000, payload })),
  frame("half", (_, payload) => ({ fin: false, payload }), true),
  frame("close", (random) => ({ opcode: 8, payload: Buffer.from(random.bytes(random.int(130))) })),
  { layer: "frame", kind: "garbage", make: (random) => ({ bytes: Buffer.from(random.bytes(1 + random.int(200))) }) },
];

const ENGINE: Maker[] = ["0", "1", "2", "3", "5", "6", "7", "8", "9", "z", "", "\u0000"].map((type) => ({
  layer: "engine",
  kind: JSON.stringify(type),
  make: (random) => textCase(`${type}${pick(random, ["", "probe", anyJson(random)])}`),
}));

/** Socket.IO's packet types, and those that are none. */
const PACKETS: Maker[] = [..."0123456789z"].map((type) => ({
  layer: "packet",
  kind: type,
  make(random) {
    const isBinary = type === "5" || type === "6";
    const attachments = isBinary ? pick(random, ["-", "0-", "1-", "-1-", "1.5-", "11-", "1000000000-"]) : "";
    const namespace = pick(random, [
      "",
      "/,",
      "/other,",
      `/${"n".repeat(300)},`,
      "/a?b=c,",
      "/__proto__,",
      "no-slash,",
    ]);
    const id = pick(random, ["", "1", "99999999999999999999", "1e22", "-1"]);
    const placeholder = '["x",{"_placeholder":true,"num":7}]';
    const data = pick(random, ["", anyJson(random), placeholder, '["room:join",{}]', "{", '{"token":"x"}']);
    return textCase(`4${type}${attachments}${namespace}${id}${data}`);
  },
}));

const EVENTS: Maker[] = [
  ...RESERVED_NAMES.map(
    (name): Maker => ({ layer: "event", kind: name, make: (random) => textCase(`42["${name}",${anyJson(random)}]`) }),
  ),
  { layer: "event", kind: "no JSON", make: (random) => textCase(`42["a:b",${pick(random, BROKEN_JSON)}]`) },
  { layer: "event", kind: "no name", make: (random) => textCase(`42[${pick(random, ["", "{}", "[]", "null", "5"])}]`) },
  {
    layer: "event",
    kind: "wrong namespace",
    make: (random) => textCase(`42/${encodeURIComponent(pick(random, NASTY_TEXTS).toWellFormed())},["room:join",{}]`),
  },
];

export const BREAKING: readonly Maker[] = [...FRAMES, ...ENGINE, ...PACKETS, ...EVENTS];
