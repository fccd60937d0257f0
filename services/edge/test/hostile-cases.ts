/**
 * Every bad input of the transport and of packets that the class of systems is known to fall for, flaws with a number
 * among them. One table, for the test of each row and for the campaign that measures what others notice of them.
 */

import { encodeFrame, textFrame } from "./fuzz/raw-socket.ts";

export const UPGRADE_PATH = "/socket.io/?EIO=4&transport=websocket";

/** What an upgrade asks for, and how it may be answered. */
export interface BadUpgrade {
  name: string;
  path?: string;
  headers?: string[];
  statuses: number[];
}

/** What is sent on a connection, and what becomes of it. `kept`: served on. */
export interface BadSpeech {
  name: string;
  /** The connection has no session yet. */
  early?: boolean;
  bytes: Buffer[];
  fate: "closed" | "kept";
}

const upgrade = (name: string, statuses: number[], headers: string[], path = UPGRADE_PATH): BadUpgrade => ({
  name,
  path,
  headers,
  statuses,
});

export const BAD_UPGRADES: readonly BadUpgrade[] = [
  upgrade(
    "2,000 headers (CVE-2024-37890)",
    [400, 431],
    Array.from({ length: 2_000 }, (_, i) => `X-${i}: y`),
  ),
  upgrade("a header of 64 KB", [431], [`X-Long: ${"y".repeat(65_536)}`]),
  upgrade(
    "a protocol list made for backtracking (CVE-2021-32640)",
    [101, 400],
    [`Sec-WebSocket-Protocol: ${"x ".repeat(7_000)},`],
  ),
  upgrade("a broken key", [400], ["Sec-WebSocket-Key: x"]),
  upgrade("an origin with bytes above ASCII", [101, 400, 403], ["Origin: http://\xff\xfe"]),
  upgrade("another page's origin (CVE-2020-28481)", [403], ["Origin: https://evil.test"]),
  upgrade("the null origin", [403], ["Origin: null"]),
  upgrade("an origin that begins like a listed one", [403], ["Origin: http://localhost.evil.test"]),
  upgrade("a cookie named __proto__", [101], ["Cookie: __proto__=1; io=abc"]),
  upgrade("permessage-deflate", [101], ["Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits"]),
  upgrade("EIO 3 and a session id (CVE-2022-21676)", [400], [], "/socket.io/?EIO=3&transport=websocket&sid=x"),
  upgrade("EIO 99", [400], [], "/socket.io/?EIO=99&transport=websocket"),
  upgrade("transport=__proto__", [400], [], "/socket.io/?EIO=4&transport=__proto__"),
  upgrade("a transport twice", [400], [], "/socket.io/?EIO=4&transport=websocket&transport[]=polling&sid=__proto__"),
  upgrade("a query of 10 KB", [101], [], `${UPGRADE_PATH}&x=${"%00".repeat(3_000)}`),
  upgrade("a path that climbs", [101, 404], [], "/socket.io/../socket.io/?EIO=4&transport=websocket"),
  upgrade("an absolute address", [400], [], `http://evil.test${UPGRADE_PATH}`),
];

const frames = (name: string, ...bytes: Buffer[]): BadSpeech => ({ name, bytes, fate: "closed" });
const breaking = (name: string, ...packets: string[]): BadSpeech => ({
  name,
  bytes: packets.map(textFrame),
  fate: "closed",
});
const early = (name: string, ...packets: string[]): BadSpeech => ({ ...breaking(name, ...packets), early: true });
const kept = (name: string, packet: string): BadSpeech => ({ name, bytes: [textFrame(packet)], fate: "kept" });
const moved = (data: string) => `421["cursor:moved",{"room":"doc:1","data":${data}}]`;
const object = (keys: number) => `{${Array.from({ length: keys }, (_, i) => `"k${i}":1`).join(",")}}`;
const CONTINUATION = 0;
const piece = (fin: boolean) => encodeFrame({ fin, opcode: CONTINUATION, payload: Buffer.alloc(0) });
/** A command that would be answered if it came in one piece. */
const fragments = (count: number, name = `a command in ${count} fragments`) =>
  frames(
    name,
    encodeFrame({ fin: false, payload: Buffer.from('421["presence:unwatch",{"users":["bob"]}]') }),
    Buffer.concat(Array.from({ length: count - 1 }, (_, i) => piece(i === count - 2))),
  );

export const BAD_FRAMES: readonly BadSpeech[] = [
  frames("reserved bits", encodeFrame({ rsv: 4, payload: Buffer.from("2") })),
  frames("no mask", encodeFrame({ masked: false, payload: Buffer.from("2") })),
  frames("a reserved opcode", encodeFrame({ opcode: 11, payload: Buffer.from("2") })),
  frames("binary (CVE-2022-2421, CVE-2020-36049)", encodeFrame({ opcode: 2, payload: Buffer.from([4, 5, 6]) })),
  frames("a ping of 200 bytes", encodeFrame({ opcode: 9, payload: Buffer.alloc(200) })),
  frames("a continuation of nothing", encodeFrame({ opcode: 0, payload: Buffer.from("2") })),
  frames("4 GB announced", encodeFrame({ claimedLength: 4_000_000_000, payload: Buffer.alloc(10) })),
  frames("64 KB and one byte", textFrame(`42["a:b","${"x".repeat(65_530)}"]`)),
  frames("half a character of UTF-8", encodeFrame({ payload: Buffer.from([0x34, 0x32, 0xf0, 0x9f]) })),
  frames("a close code that is none (CVE-2026-45736)", encodeFrame({ opcode: 8, payload: Buffer.from([0, 1]) })),
  fragments(65),
  fragments(100_000, "100,000 fragments (CVE-2026-48779)"),
];

export const BAD_PACKETS: readonly BadSpeech[] = [
  breaking("a name that is an object (CVE-2023-32695)", '42[{"toString":"x"},{}]'),
  breaking("a name that is a list", '421[["room:join"],{}]'),
  breaking("no name", "42[]"),
  breaking("a reserved name", '42["disconnect"]'),
  breaking("a namespace it is not in", '42/other,["a:b"]'),
  breaking("a second CONNECT", "40{}"),
  ...["7", "8", "9", "z"].map((type) => breaking(`the type ${type}`, `4${type}["a:b"]`)),
  ...["-1", "0", "1.5", "11", "1000000000"].map((count) =>
    breaking(`${count} attachments (CVE-2026-33151)`, `45${count}-["a:b",{"_placeholder":true,"num":0}]`),
  ),
  breaking("a placeholder out of range", '451-["a:b",{"_placeholder":true,"num":9}]'),
  breaking("text inside a binary packet", '451-["a:b",{"_placeholder":true,"num":0}]', '42["room:join",{}]'),
  breaking("the ack id 1e22", '421e22["room:join",{}]'),
  breaking("an ack id of 30 digits", `42${"1".repeat(30)}["room:join",{}]`),
  breaking("an answer of the server", '44{"message":"x"}'),
  early("an event before CONNECT", '42["room:join",{}]'),
  early("a reserved name before CONNECT", '42["disconnect"]'),
  early("10,000 namespaces in one packet", Array.from({ length: 10_000 }, (_, i) => `40/n${i},{}`).join("\u001e")),
  kept("the error event (CVE-2024-38355)", '42["error",{}]'),
  kept("an ack of what was never asked", "43999999[1]"),
  kept("an event named __proto__", '421["__proto__",{"a":1}]'),
  kept("an event named by a number", "421[5,{}]"),
  kept("an event name of 60 KB", `421["${"x".repeat(60_000)}",{}]`),
];

export const BAD_PAYLOADS: readonly BadSpeech[] = [
  kept("keys named __proto__ and constructor", moved('{"__proto__":{"x":1},"constructor":{"prototype":{"y":1}}}')),
  kept("ten thousand digits and 1e400", moved(`{"x":${"1".repeat(10_000)},"y":1e400}`)),
  kept("5,000 levels", moved(`${'{"a":'.repeat(5_000)}1${"}".repeat(5_000)}`)),
  kept("30,000 levels", moved(`${"[".repeat(30_000)}${"]".repeat(30_000)}`)),
  kept("1,500 keys", moved(object(1_500))),
  kept("6,000 keys, as many as a frame holds", moved(object(6_000))),
  kept("lone surrogates and NUL", moved('{"x":"\\ud800","y":"\\u0000\\udfff"}')),
  kept("2^53 + 1", moved('{"x":9007199254740993,"y":-9007199254740993}')),
  kept("ids with every separator", '421["room:join",{"room":"a/b:c\\n*>.\\u0000{}"}]'),
  kept("another session's id as a room", '421["room:join",{"room":"s:main~witness"}]'),
  kept(
    "versions out of range",
    '421["room:join",{"room":"doc:1","have":{"epoch":"9.9","roster":9007199254740993,"state":-1}}]',
  ),
  kept("versions of a future life", '421["room:join",{"room":"doc:1","have":{"epoch":"9.9","roster":900}}]'),
];

export const BAD_SPEECH: readonly BadSpeech[] = [...BAD_FRAMES, ...BAD_PACKETS, ...BAD_PAYLOADS];
