/**
 * Every mistake a contract file can have: what it is, where it is told, and what to do about it. Those in the schemas it
 * holds are in `schema-mistakes.test.ts`.
 */

import { expect, test } from "vitest";
import { event, HEAD, mistakes, relay } from "../../test/mistakes.ts";
import { checkSources, formatMistake } from "./load.ts";

test.each<[name: string, text: string, ...expected: string[]]>([
  ["unknown key of the file", "roms: {}", "f0.yaml:3:1 /roms is not a known key here: did you mean `rooms`?"],
  [
    "unknown key of a relay",
    "relays:\n  a:b: { rooms: [x], payload: {}, ratee: 1/s }",
    "f0.yaml:4:35 /relays/a:b/ratee is not a known key here: did you mean `rate`?",
  ],
  [
    "key of another kind",
    "relays:\n  a:b: { rooms: [x], payload: {}, from: events.x }",
    "f0.yaml:4:35 /relays/a:b/from is not a known key here: known are description, examples, deprecated, owner, enforcement, sample, payload, rooms, op, rate, volatile, history",
  ],
  ["a key missing", "commands:\n  a:b: { payload: {}, reply: {} }", "f0.yaml:4:3 /commands/a:b needs `subject`"],
  ["wrong type", "relays:\n  a:b: { rooms: x, payload: {} }", "f0.yaml:4:10 /relays/a:b/rooms must be array"],
  [
    "a value outside its list",
    "relays:\n  a:b: { rooms: [x], payload: {}, enforcement: maybe }",
    "f0.yaml:4:35 /relays/a:b/enforcement must be one of enforce, warn",
  ],
  [
    "not YAML",
    "rooms: [",
    "f0.yaml:3:9 / is not valid YAML: Flow sequence in block collection must be sufficiently indented and end with a ]",
  ],
  ["a key twice", "rooms: { a: {}, a: {} }", "f0.yaml:3:17 / is not valid YAML: the key a is written twice"],
  [
    "keys twice, further in",
    "rooms:\n  a:\n    description: x\n    description: y\nrelays: { a:b: { rooms: [x], payload: {}, rate: 1/s, rate: 2/s } }",
    "f0.yaml:6:5 / is not valid YAML: the key description is written twice",
    "f0.yaml:7:54 / is not valid YAML: the key rate is written twice",
  ],
  [
    "name outside the grammar",
    "relays:\n  Bad: { rooms: [x], payload: {} }",
    "f0.yaml:4:3 /relays/Bad is no event name: domain:action, of a-z, 0-9 and -",
  ],
  [
    "reserved domain",
    "relays:\n  room:mine: { rooms: [x], payload: {} }",
    "f0.yaml:4:3 /relays/room:mine is in a reserved domain: session, room, presence, state, inbox, server are core's",
  ],
  [
    "operation outside the grammar",
    "relays:\n  a:b: { rooms: [x], payload: {}, op: Edit It }",
    'f0.yaml:4:35 /relays/a:b/op must match pattern "^[a-z][a-z0-9-]{0,31}$"',
  ],
  [
    "room pattern",
    'rooms:\n  "a*b": {}',
    "f0.yaml:4:3 /rooms/a*b is no room pattern: a room id, or its beginning and one final *",
  ],
  [
    "room pattern of a relay",
    'relays:\n  a:b: { rooms: [x, "*y"], payload: {} }',
    "f0.yaml:4:21 /relays/a:b/rooms/1 is no room pattern: a room id, or its beginning and one final *",
  ],
  [
    "state key pattern",
    'rooms:\n  a: { state: { keys: { "b c": { value: {} } } } }',
    "f0.yaml:4:25 /rooms/a/state/keys/b c is no key pattern: a key, or its beginning and one final *",
  ],
  ["rate", relay("{}", ", rate: fast"), "f0.yaml:4:35 /relays/a:b/rate must be a rate such as 30/s or 10/m"],
  [
    "rate above the server's",
    relay("{}", ", rate: 999999/s"),
    "f0.yaml:4:35 /relays/a:b/rate is above the server's limit of 10000/s",
  ],
  [
    "ttl",
    relay("{}", ", history: { size: 1, ttl: soon }"),
    "f0.yaml:4:55 /relays/a:b/history/ttl must be a time such as 500ms, 30s, 24h or 7d",
  ],
  [
    "ttl above the server's",
    relay("{}", ", history: { size: 1, ttl: 99d }"),
    "f0.yaml:4:55 /relays/a:b/history/ttl is above the server's limit of 30d",
  ],
  [
    "history above the server's",
    relay("{}", ", history: { size: 99999, ttl: 1h }"),
    "f0.yaml:4:46 /relays/a:b/history/size is above the server's limit of 10000",
  ],
  [
    "retain above the server's",
    "rooms:\n  a: { state: { retain: 31d } }",
    "f0.yaml:4:17 /rooms/a/state/retain is above the server's limit of 30d",
  ],
  [
    "timeout above the server's",
    "commands:\n  a:b: { payload: {}, reply: {}, subject: commands.x, timeout: 5m }",
    "f0.yaml:4:55 /commands/a:b/timeout is above the server's limit of 30s",
  ],
  [
    "volatile with history",
    relay("{}", ", volatile: true, history: { size: 1, ttl: 1h }"),
    "f0.yaml:4:35 /relays/a:b/volatile cannot be combined with history: what may be dropped cannot be numbered",
  ],
  [
    "command subject",
    "commands:\n  a:b: { payload: {}, reply: {}, subject: events.x }",
    "f0.yaml:4:34 /commands/a:b/subject must be a subject under commands.",
  ],
  [
    "event subject",
    "events:\n  a:b: { from: commands.x, payload: {}, to: { room: x } }",
    "f0.yaml:4:10 /events/a:b/from must be a subject under events.",
  ],
  [
    "wildcard",
    "events:\n  a:b: { from: events.*.x, payload: {}, to: { room: x } }",
    "f0.yaml:4:10 /events/a:b/from must be tokens of [A-Za-z0-9_%-] joined by dots, without wildcards but {tenant}",
  ],
  [
    "two tenants",
    'events:\n  a:b: { from: "events.{tenant}.{tenant}", payload: {}, to: { room: x } }',
    "f0.yaml:4:10 /events/a:b/from may hold {tenant} once",
  ],
  [
    "tenant twice over",
    'events:\n  a:b: { from: "events.{tenant}", tenant: header, payload: {}, to: { room: x } }',
    "f0.yaml:4:35 /events/a:b/tenant cannot be header when the subject names the tenant",
  ],
  [
    "no audience",
    "events:\n  a:b: { from: events.x, payload: {} }",
    "f0.yaml:4:3 /events/a:b needs `to`: which room or users it is for",
  ],
  [
    "type without from",
    "events:\n  a:b: { type: x, payload: {} }",
    "f0.yaml:4:10 /events/a:b/type means nothing without `from`",
  ],
  [
    "pointer not guaranteed",
    event("to: { users: /id }", "{ type: object, properties: { id: { type: string } } }"),
    'f0.yaml:4:120 /events/order:shipped/to/users the payload\'s schema does not require /id: add "id" to `required`',
  ],
  [
    "pointer not described",
    event("to: { users: /id }", "{ type: object, required: [id] }"),
    "f0.yaml:4:98 /events/order:shipped/to/users the payload's schema does not describe /id",
  ],
  [
    "pointer to a wrong type",
    event("to: { users: /id }", "{ type: object, required: [id], properties: { id: { type: integer } } }"),
    "f0.yaml:4:137 /events/order:shipped/to/users /id must be declared as string, or an array of it",
  ],
  [
    "no pointer",
    event("to: { users: id }"),
    "f0.yaml:4:136 /events/order:shipped/to/users must be a JSON pointer such as /customer/id",
  ],
  [
    "template",
    event('to: { room: "a{b}" }'),
    "f0.yaml:4:136 /events/order:shipped/to/room is no template: text with JSON pointers in braces, such as repo:{/repository/name}",
  ],
  [
    "durable without users",
    event('to: { room: "a" }, durable: { ttl: 1d }'),
    "f0.yaml:4:149 /events/order:shipped/durable needs `to.users`: a durable event has recipients, not a room",
  ],
  [
    "history of users",
    event("to: { users: /id }, history: { size: 1, ttl: 1h }"),
    "f0.yaml:4:150 /events/order:shipped/history belongs to a room: `to.users` has an inbox with `durable` instead",
  ],
  [
    "durable ttl above the server's",
    event("to: { users: /id }, durable: { ttl: 99d }"),
    "f0.yaml:4:161 /events/order:shipped/durable/ttl is above the server's limit of 30d",
  ],
  [
    "fallback later than ttl",
    event("to: { users: /id }, durable: { ttl: 1h, fallback: { after: 2h, channel: mail } }"),
    "f0.yaml:4:182 /events/order:shipped/durable/fallback/after is above the event's ttl of 1h",
  ],
  [
    "collapse not guaranteed",
    event('to: { users: /id }, durable: { ttl: 1d, collapse: "x:{/no}" }'),
    'f0.yaml:4:170 /events/order:shipped/durable/collapse the payload\'s schema does not require /no: add "no" to `required`',
  ],
])("%s", (_name, text, ...expected) => expect(mistakes(text)).toEqual(expected));

test.each([
  ["", "f.yaml:1:1 / is empty"],
  ["rollcall: 2\nnamespace: /\n", "f.yaml:1:1 /rollcall must be 1"],
  ["rollcall: 1\nnamespace: admin\n", "f.yaml:2:1 /namespace must be / or a name such as /support"],
  ["rollcall: 1\n", "f.yaml:1:1 / needs `namespace`"],
])("a file that cannot be read further: %j", (text, expected) => {
  const result = checkSources([{ file: "f.yaml", text }]);
  expect(result.ok ? [] : result.mistakes.map(formatMistake)).toEqual([expected]);
});

test("two audiences", () => {
  expect(mistakes(event("to: { users: /id, room: a }"))).toEqual([
    "f0.yaml:4:130 /events/order:shipped/to takes one of room, users, not several",
  ]);
});

test("a mistake carries its file, line, column, pointer and message apart", () => {
  const result = checkSources([
    { file: "a/b.yaml", text: `${HEAD}relays:\n  a:b: { rooms: [x], payload: {}, rate: fast }` },
  ]);
  expect(result).toEqual({
    ok: false,
    mistakes: [
      {
        file: "a/b.yaml",
        line: 4,
        column: 35,
        pointer: "/relays/a:b/rate",
        message: "must be a rate such as 30/s or 10/m",
      },
    ],
  });
});

test("declared twice, over files", () => {
  const declared = relay("{}");
  expect(mistakes(declared, declared)).toEqual(["f1.yaml:4:3 /relays/a:b is declared twice: also in f0.yaml"]);
  expect(mistakes(declared, "events:\n  a:b: { payload: {} }")).toEqual([
    "f1.yaml:4:3 /events/a:b is declared twice: also in f0.yaml",
  ]);
  expect(mistakes("rooms: { x: {} }", "rooms: { x: {} }")).toEqual([
    "f1.yaml:3:10 /rooms/x is declared twice: also in f0.yaml",
  ]);
});

test("two events that one message could mean", () => {
  const events = (one: string, two: string) =>
    `events:\n  a:b: { from: events.x, ${one} payload: {}, to: { room: x } }\n  a:c: { from: "events.{tenant}", ${two} payload: {}, to: { room: x } }`;
  const told =
    "f0.yaml:5:10 /events/a:c/from can match the same subject as a:b (f0.yaml): give both a different `type`";
  expect(mistakes(events("", ""))).toEqual([told]);
  expect(mistakes(events("type: t,", ""))).toEqual([told]);
  expect(mistakes(events("type: t1,", "type: t2,"))).toEqual([]);
});

test("all mistakes of all files at once, in order: one does not hide another, not even in one declaration", () => {
  expect(
    mistakes(
      'relays:\n  Bad: { rooms: [x], payload: {}, extra: 1 }\n  a:b: { rooms: ["a*b"], payload: { pattern: "(" }, rate: x }\n  a:c: { rooms: x, payload: {} }',
      'roms: {}\nevents:\n  a:b: { from: events.x, payload: { $ref: "f0.yaml#/shared/No" } }\n',
    ),
  ).toEqual([
    "f0.yaml:4:3 /relays/Bad is no event name: domain:action, of a-z, 0-9 and -",
    expect.stringMatching(/^f0\.yaml:4:35 \/relays\/Bad\/extra is not a known key here/),
    "f0.yaml:5:18 /relays/a:b/rooms/0 is no room pattern: a room id, or its beginning and one final *",
    "f0.yaml:5:37 /relays/a:b/payload/pattern is no regular expression: Unterminated group",
    "f0.yaml:5:53 /relays/a:b/rate must be a rate such as 30/s or 10/m",
    "f0.yaml:6:10 /relays/a:c/rooms must be array",
    "f1.yaml:3:1 /roms is not a known key here: did you mean `rooms`?",
    "f1.yaml:5:3 /events/a:b needs `to`: which room or users it is for",
    "f1.yaml:5:3 /events/a:b is declared twice: also in f0.yaml",
    "f1.yaml:5:37 /events/a:b/payload/$ref nothing is at /shared/No",
  ]);
});
