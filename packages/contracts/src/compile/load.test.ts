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

  test.each([
    "{ type: [string, array], items: { type: string } }",
    "{ anyOf: [{ type: string }, { type: array, items: { type: string } }] }",
    "{ type: array, allOf: [{ items: { allOf: [{ type: string }] } }] }",
    "{ oneOf: [{ const: ada }, { enum: [bob, cy] }] }",
  ])("an audience is one user or several, however the schema says it: %s", (id) => {
    const payload = `{ type: object, required: [id], properties: { id: ${id} } }`;
    expect(() => load(event("to: { users: /id }", payload))).not.toThrow();
  });

  test.each([
    "{ type: [string, array] }",
    "{ type: array }",
    "{ type: [string, 'null', array], items: { type: string } }",
    "{ anyOf: [{ type: string }, {}] }",
    "{ type: array, items: { type: array, items: { type: string } } }",
  ])("a schema that lets in what is no user is no audience: %s", (id) => {
    const payload = `{ type: object, required: [id], properties: { id: ${id} } }`;
    expect(() => load(event("to: { users: /id }", payload))).toThrow("must be declared as string, or an array of it");
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
    expect(validate(JSON.parse('[{"valueOf":1},{"valueOf":1}]'))).toMatchObject([{ keyword: "uniqueItems" }]);
  });

  test("the hash is of what is declared, not of how it is written", () => {
    expect(load("rooms: { a: {}, b: {} }").hash).toBe(load("rooms:\n  b: {}\n  a: {}\n").hash);
    expect(load("rooms: { a: {} }").hash).not.toBe(load("rooms: { b: {} }").hash);
    expect(emptyContracts().namespaces.size).toBe(0);
  });
});
