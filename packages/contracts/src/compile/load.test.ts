import { describe, expect, test } from "vitest";
import type { Contracts } from "../contract.ts";
import { checkSources, emptyContracts, formatMistake } from "./load.ts";

const HEAD = "rollcall: 1\nnamespace: /\n";
const check = (...texts: string[]) => checkSources(texts.map((text, i) => ({ file: `f${i}.yaml`, text: HEAD + text })));
const load = (...texts: string[]): Contracts => {
  const result = check(...texts);
  if (!result.ok) throw new Error(result.mistakes.map(formatMistake).join("\n"));
  return result.contracts;
};
const mistakes = (...texts: string[]): string[] => {
  const result = check(...texts);
  return result.ok ? [] : result.mistakes.map(formatMistake);
};
const event = (more: string, payload = "{ type: object, required: [id], properties: { id: { type: string } } }") =>
  `events:\n  order:shipped: { from: events.orders.shipped, payload: ${payload}, ${more} }\n`;

describe("what is declared works", () => {
  test("a room of the longest pattern, its keys, the largest history that reaches it", () => {
    const contracts = load(`
rooms:
  "doc:*": { maxMembers: 5, state: { retain: 24h, keys: { "cursor:*": { value: { type: object }, write: owner }, title: { value: { type: string }, op: edit } } } }
  "doc:big:*": { maxMembers: 9 }
  "repo:*": {}
relays:
  chat:said: { rooms: ["doc:*"], payload: { type: object }, history: { size: 10, ttl: 1h }, rate: 30/m }
events:
  issue:opened: { from: events.issues, payload: { type: object, required: [n], properties: { n: { type: integer } } }, to: { room: "repo:{/n}" }, history: { size: 20, ttl: 2h } }
`);
    const namespace = contracts.namespaces.get("/")!;
    expect(namespace.room("doc:1")).toMatchObject({ maxMembers: 5, history: { size: 10, ttlMs: 3_600_000 } });
    expect(namespace.room("doc:big:1")).toMatchObject({ maxMembers: 9 });
    expect(namespace.room("repo:1")).toMatchObject({ history: { size: 20, ttlMs: 7_200_000 } });
    expect(namespace.room("other")).toBeUndefined();
    expect(namespace.room("doc:1")?.state?.key("cursor:a")).toMatchObject({ writeOwner: true });
    expect(namespace.room("doc:1")?.state?.key("title")).toMatchObject({ op: "edit" });
    expect(namespace.room("doc:1")?.state?.key("else")).toBeUndefined();
    expect(namespace.relays.get("chat:said")).toMatchObject({ op: "publish", rate: { perSecond: 0.5 } });
    expect(contracts.operations).toEqual(["edit"]);
  });

  test("a subject finds its event and tenant; types tell events of one subject apart", () => {
    const payload = "payload: { type: object, required: [u], properties: { u: { type: string } } }";
    const contracts = load(`
events:
  a:one: { from: "events.{tenant}.x", type: t1, ${payload}, to: { users: /u } }
  a:two: { from: "events.{tenant}.x", type: t2, ${payload}, to: { users: /u } }
`);
    expect(contracts.route("events.acme.x", "t2")).toMatchObject({ event: { name: "a:two" }, tenant: "acme" });
    expect(contracts.route("events.acme.x", "t3")).toBeUndefined();
    expect(contracts.route("events.Acme.x", "t1")).toBeUndefined();
    expect(contracts.route("events.acme.x.y", "t1")).toBeUndefined();
  });

  test("audiences: values are encoded into rooms, taken as they are for users", () => {
    const room = load(event('to: { room: "o:{/id}" }')).namespaces.get("/")!.events.get("order:shipped")!.audience!;
    expect(room.of({ id: "a/b:c" })).toEqual({ ok: true, to: "room", room: "o:a~2fb~3ac" });
    for (const data of [{}, { id: "" }, { id: null }, { id: "x".repeat(200) }, null])
      expect(room.of(data).ok).toBe(false);
    const users = load(event("to: { users: /id }")).namespaces.get("/")!.events.get("order:shipped")!.audience!;
    expect(users.of({ id: "ada@x" })).toEqual({ ok: true, to: "users", users: ["ada@x"] });
    expect(users.of({ id: ["a", "b", "a"] })).toEqual({ ok: true, to: "users", users: ["a", "b"] });
    for (const id of ["", "a b", [], Array(1_001).fill("a"), 7]) expect(users.of({ id }).ok).toBe(false);
  });

  test("references to shared schemas, of the file and of its neighbour", () => {
    const contracts = load(
      'relays:\n  a:b: { rooms: ["x"], payload: { $ref: "#/shared/Point" } }\n  a:c: { rooms: ["x"], payload: { $ref: "./f1.yaml#/shared/Name" } }\nshared:\n  Point: { type: object, required: [x] }\n',
      "shared:\n  Name: { type: string }\n",
    );
    const { relays } = contracts.namespaces.get("/")!;
    expect(relays.get("a:b")?.validate({})).toMatchObject([{ keyword: "required" }]);
    expect(relays.get("a:c")?.validate(1)).toMatchObject([{ keyword: "type" }]);
  });

  test("a payload that breaks the comparison of objects is refused, and breaks nothing", () => {
    const contracts = load(`relays: { a:b: { rooms: [x], payload: { type: array, uniqueItems: true, maxItems: 9 } } }`);
    const validate = contracts.namespaces.get("/")!.relays.get("a:b")!.validate;
    expect(validate([{ a: 1 }, { a: 2 }])).toBeUndefined();
    for (const text of ['[{"valueOf":1},{"valueOf":1}]', '[{"toString":1},{"toString":1}]', '[{"constructor":1},{}]']) {
      expect(() => validate(JSON.parse(text))).not.toThrow();
    }
    expect(validate(JSON.parse('[{"valueOf":1},{"valueOf":1}]'))).toMatchObject([{ keyword: "schema" }]);
  });

  test("the hash is of what is declared, not of how it is written", () => {
    expect(load("rooms: { a: {}, b: {} }").hash).toBe(load("rooms:\n  b: {}\n  a: {}\n").hash);
    expect(load("rooms: { a: {} }").hash).not.toBe(load("rooms: { b: {} }").hash);
    expect(emptyContracts().namespaces.size).toBe(0);
  });
});

describe("each mistake, where it is and what it is", () => {
  test.each<[string, string, RegExp]>([
    ["unknown key", "roms: {}", /^f0\.yaml:3:1 \/roms is not a known key/],
    ["not YAML", "rooms: [", /is not valid YAML/],
    ["a key twice", "rooms: { a: {}, a: {} }", /is not valid YAML/],
    [
      "name outside the grammar",
      "relays:\n  Bad: { rooms: [x], payload: {} }",
      /^f0\.yaml:4:3 \/relays\/Bad is no event name/,
    ],
    ["reserved domain", "relays:\n  room:mine: { rooms: [x], payload: {} }", /reserved domain/],
    ["room pattern", 'rooms: { "a*b": {} }', /no room pattern/],
    ["state key pattern", 'rooms: { a: { state: { keys: { "b c": { value: {} } } } } }', /no key pattern/],
    ["schema that does not compile", "relays:\n  a:b: { rooms: [x], payload: { type: nonsense } }", /does not compile/],
    ["unknown keyword", "relays:\n  a:b: { rooms: [x], payload: { typ: object } }", /does not compile/],
    [
      "backtracking",
      'relays:\n  a:b: { rooms: [x], payload: { type: string, pattern: "(a+)+$" } }',
      /\/pattern repeats a group/,
    ],
    [
      "not a regular expression",
      'relays:\n  a:b: { rooms: [x], payload: { type: string, pattern: "(" } }',
      /no regular expression/,
    ],
    [
      "reference to the network",
      'relays:\n  a:b: { rooms: [x], payload: { $ref: "https://x/y" } }',
      /refers to the network/,
    ],
    ["reference to nothing", 'relays:\n  a:b: { rooms: [x], payload: { $ref: "#/shared/No" } }', /nothing is at/],
    ["circular reference", 'shared: { A: { $ref: "#/shared/A" } }', /is circular/],
    ["file outside the folder", 'shared: { A: { $ref: "../x.yaml#/shared/A" } }', /same folder/],
    [
      "example",
      "relays:\n  a:b: { rooms: [x], payload: { type: string }, examples: [1] }",
      /\/examples\/0 does not validate/,
    ],
    ["rate", "relays:\n  a:b: { rooms: [x], payload: {}, rate: fast }", /\/rate must be a rate/],
    [
      "rate above the server's",
      "relays:\n  a:b: { rooms: [x], payload: {}, rate: 999999/s }",
      /above the server's limit/,
    ],
    ["ttl", "relays:\n  a:b: { rooms: [x], payload: {}, history: { size: 1, ttl: soon } }", /must be a time/],
    [
      "ttl above the server's",
      "relays:\n  a:b: { rooms: [x], payload: {}, history: { size: 1, ttl: 99d } }",
      /above the server's limit/,
    ],
    [
      "history size",
      "relays:\n  a:b: { rooms: [x], payload: {}, history: { size: 99999, ttl: 1h } }",
      /above the server's limit/,
    ],
    ["retain above 30d", "rooms: { a: { state: { retain: 31d } } }", /above the server's limit/],
    [
      "volatile with history",
      "relays:\n  a:b: { rooms: [x], payload: {}, volatile: true, history: { size: 1, ttl: 1h } }",
      /cannot be combined/,
    ],
    ["command subject", "commands:\n  a:b: { payload: {}, reply: {}, subject: events.x }", /under commands\./],
    ["event subject", "events:\n  a:b: { from: commands.x, payload: {}, to: { room: x } }", /under events\./],
    ["wildcard", "events:\n  a:b: { from: events.*.x, payload: {}, to: { room: x } }", /without wildcards/],
    ["two tenants", 'events:\n  a:b: { from: "events.{tenant}.{tenant}", payload: {}, to: { room: x } }', /once/],
    ["no audience", "events:\n  a:b: { from: events.x, payload: {} }", /needs `to`/],
    [
      "pointer not guaranteed",
      event("to: { users: /id }", "{ type: object, properties: { id: { type: string } } }"),
      /does not require \/id/,
    ],
    [
      "pointer to a wrong type",
      event("to: { users: /id }", "{ type: object, required: [id], properties: { id: { type: integer } } }"),
      /must be declared as string/,
    ],
    ["template", event('to: { room: "a{b}" }'), /is no template/],
    ["durable without users", event('to: { room: "a" }, durable: { ttl: 1d }'), /needs `to.users`/],
    [
      "collapse not guaranteed",
      event('to: { users: /id }, durable: { ttl: 1d, collapse: "x:{/no}" }'),
      /does not require \/no/,
    ],
  ])("%s", (_name, text, expected) => {
    const found = mistakes(text);
    expect(found.length).toBeGreaterThan(0);
    expect(found.join("\n")).toMatch(expected);
  });

  test("declared twice, over files", () => {
    const relay = "relays:\n  a:b: { rooms: [x], payload: {} }";
    expect(mistakes(relay, relay)).toEqual([
      expect.stringMatching(/^f1\.yaml:4:3 \/relays\/a:b is declared twice: also in f0/),
    ]);
  });

  test("two events that one message could mean", () => {
    const events = (types: [string, string]) =>
      `events:\n  a:b: { from: events.x, ${types[0]} payload: {}, to: { room: x } }\n  a:c: { from: "events.{tenant}", ${types[1]} payload: {}, to: { room: x } }`;
    expect(mistakes(events(["", ""]))[0]).toMatch(/can match the same subject as a:b/);
    expect(mistakes(events(["type: t,", ""]))).toHaveLength(1);
    expect(mistakes(events(["type: t1,", "type: t2,"]))).toEqual([]);
  });

  test("all at once, in order", () => {
    const found = mistakes(
      'relays:\n  Bad: { rooms: [x], payload: {} }\n  a:b: { rooms: ["a*b"], payload: {}, rate: x }',
    );
    expect(found.map((line) => line.split(":")[1])).toEqual(["4", "5", "5"]);
  });
});
