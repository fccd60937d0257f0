import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { checkSources } from "../../compile/load.ts";
import { CLIENT_EVENTS } from "../../core/client-events.ts";
import { SERVER_EVENTS } from "../../core/server-events.ts";
import { renderTypes } from "./file.ts";

/** That what this makes compiles and fits clients is shown where clients are: in the command line's tests. */
const typesOf = (...texts: string[]) => {
  const result = checkSources(texts.map((text, i) => ({ file: `f${i}.yaml`, text: `rollcall: 1\n${text}` })));
  if (!result.ok) throw new Error(JSON.stringify(result.mistakes));
  return renderTypes(result.catalogue, { hash: "abc" });
};
const declared = (text: string) =>
  [...text.matchAll(/^export (?:interface|type|const) (\w+)/gm)].map(([, name]) => name);

test("every core event is there, in its direction, with its ack", () => {
  const text = typesOf("namespace: /");
  const members = (map: string) => {
    const [, body = ""] = new RegExp(`interface ${map} \\{\n([^}]*)\n\\}`).exec(text) ?? [];
    return [...body.matchAll(/^ {2}"([a-z:-]+)": \(payload: \w+, meta\??: /gm)].map(([, name]) => name);
  };
  expect(members("CoreServerToClient")).toEqual(Object.keys(SERVER_EVENTS));
  expect(members("CoreClientToServer")).toEqual(Object.keys(CLIENT_EVENTS));
  expect(text).toContain('"room:join": (payload: RoomJoin, meta: ClientMeta | null | undefined, ack: (reply');
  expect(text).toContain('"room:leave": (payload: RoomLeave, meta?: ClientMeta | null, ack?: (reply');
});

test("no name is declared twice, whatever the contract calls its things", () => {
  const hostile = readFileSync(new URL("../../../test/hostile/hostile.yaml", import.meta.url), "utf8");
  const result = checkSources([{ file: "hostile.yaml", text: hostile }]);
  if (!result.ok) throw new Error(JSON.stringify(result.mistakes));
  const names = declared(renderTypes(result.catalogue, { hash: "abc" }));
  expect(new Set(names).size).toBe(names.length);
});

test("events have the first choice of names; shared schemas come after them", () => {
  const text = typesOf(`namespace: /
relays: { order:sent: { rooms: [x], payload: { $ref: "#/shared/order-sent" } } }
shared: { order-sent: { type: object, required: [a], properties: { a: { type: string } } } }`);
  expect(text).toContain("export interface OrderSent2 {\n  a: string;\n}");
  expect(text).toContain("export type OrderSent = OrderSent2;");
});

test("one name for equal shared schemas of several files, two for different ones", () => {
  const shared = (type: string) =>
    `namespace: /\nshared: { thing: { type: object, properties: { a: { type: ${type} } } } }`;
  expect(declared(typesOf(shared("string"), shared("string"))).filter((name) => name?.startsWith("Thing"))).toEqual([
    "Thing",
  ]);
  expect(declared(typesOf(shared("string"), shared("number"))).filter((name) => name?.startsWith("Thing"))).toEqual([
    "Thing",
    "Thing2",
  ]);
});

test("bare names are the default namespace's; others have their own before them", () => {
  const event = "events: { a:b: { payload: { type: string } } }";
  const text = typesOf(`namespace: /shop\n${event}`);
  expect(text).toContain("export interface ServerToClient extends CoreServerToClient {}");
  expect(text).toContain("export interface ShopServerToClient extends CoreServerToClient {\n");
  expect(text).toContain('"a:b": (payload: ShopAB, meta: Meta) => void;');
  expect(text).toContain('"/shop": { serverToClient: ShopServerToClient; clientToServer: ShopClientToServer;');
});

test("a deprecated event says since when, what to use and when it goes, in both directions", () => {
  const text = typesOf(
    'namespace: /\nrelays: { a:b: { rooms: [x], payload: {}, deprecated: { since: "2", use: "c:d", remove: "3" } } }',
  );
  expect(text.split("/** @deprecated since 2; use c:d; goes in 3 */")).toHaveLength(4);
});
