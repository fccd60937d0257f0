/** Everything but schemas: each rule, shown by the smallest pair of files that it judges (`test/diff-cases`). */

import { describe, expect, test } from "vitest";
import { diff, load, summary, type Written } from "../../test/contract-pairs.ts";
import { EVENT_ROWS } from "../../test/diff-cases/events.ts";
import { MESSAGE_ROWS } from "../../test/diff-cases/messages.ts";
import { ROOM_ROWS } from "../../test/diff-cases/rooms.ts";
import { AT, command, durable, event, keys, relay, text } from "../../test/diff-cases/written.ts";
import { diffContracts } from "./diff.ts";
import { RULE_IDS, RULES, type Rule } from "./rules.ts";

const namespaces = (...names: string[]) => names.map((namespace) => ({ namespace, ...relay({}) }));
const ROWS = [...ROOM_ROWS, ...MESSAGE_ROWS, ...EVENT_ROWS];

test.each(ROWS)("%s", (_title, old, next, expected) => {
  expect(diff(old, next).map(summary)).toEqual(expected);
});

describe("namespaces", () => {
  const between = (old: string[], next: string[]) =>
    diffContracts(load(...namespaces(...old)).catalogue, load(...namespaces(...next)).catalogue).map(
      (change) => `${change.namespace} ${summary(change)}`,
    );

  test("one that comes, with what it declares", () => {
    expect(between(["/"], ["/", "/shop"])).toEqual([
      "/shop compatible namespace-added /namespace",
      `/shop compatible relay-added ${AT.relay}`,
    ]);
  });

  test("one that goes, with what it declared", () => {
    expect(between(["/", "/shop"], ["/"])).toEqual([
      "/shop clients namespace-removed /namespace",
      `/shop clients relay-removed ${AT.relay}`,
    ]);
  });

  test("an event that moves to another namespace is gone from the first", () => {
    expect(between(["/a"], ["/b"])).toEqual([
      "/a clients namespace-removed /namespace",
      `/a clients relay-removed ${AT.relay}`,
      "/b compatible namespace-added /namespace",
      `/b compatible relay-added ${AT.relay}`,
    ]);
  });
});

test("every rule is shown by a case, here or among the schemas", () => {
  const shown = new Set(ROWS.flatMap(([, , , expected]) => expected.map((line) => line.split(" ")[1])));
  const aboutSchemas = (id: (typeof RULE_IDS)[number]) => {
    const { breaks }: Rule = RULES[id];
    return breaks.some((each) => each === "senders" || each === "receivers");
  };
  const elsewhere = [
    "namespace-added",
    "namespace-removed",
    "field-declared",
    "field-undeclared",
    "fields-opened",
    "schema-rewritten",
  ];
  expect(RULE_IDS.filter((id) => !shown.has(id) && !aboutSchemas(id)).toSorted()).toEqual(elsewhere.toSorted());
});

describe("a shared schema", () => {
  const using = (shared: object): Written => ({
    shared: { order: shared },
    commands: {
      "order:place": { payload: { $ref: "#/shared/order" }, reply: {}, subject: "commands.place" },
      "order:hold": {
        payload: { type: "object", properties: { orders: { type: "array", items: { $ref: "#/shared/order" } } } },
        reply: {},
        subject: "commands.hold",
      },
    },
    events: { "order:placed": { payload: { allOf: [{ $ref: "#/shared/order" }] } } },
  });
  const order = (...required: string[]) => ({ type: "object", properties: { id: text, size: text }, required });

  test("that changes is seen at each event that uses it, where it is used", () => {
    expect(diff(using(order("id")), using(order("id", "size"))).map(summary)).toEqual([
      "clients field-required /commands/order:hold/payload#/orders/*/size",
      "clients field-required /commands/order:place/payload#/size",
      "publishers field-required /events/order:placed/payload#/size",
    ]);
  });

  test("that moves to another file, or is written out, is no change", () => {
    const written = JSON.parse(
      JSON.stringify(using(order("id"))).replaceAll('{"$ref":"#/shared/order"}', JSON.stringify(order("id"))),
    ) as Written;
    expect(diff(using(order("id")), { ...written, shared: {} })).toEqual([]);
  });
});

test("a change carries its rule's sentence, its place in the newer files, and that of the older ones when it is gone", () => {
  const [removed, added] = diff(relay({ deprecated: { since: "2.0", remove: "3.0", use: "chat:sent" } }), {
    relays: { "chat:sent": { rooms: ["doc:*"], payload: text } },
  });
  expect(removed).toEqual({
    class: "breaking-for-clients",
    rule: "relay-removed",
    because: RULES["relay-removed"].sentence,
    namespace: "/",
    kind: "relay",
    name: "chat:said",
    pointer: AT.relay,
    message: "the relay was removed; it was deprecated since 2.0, to be removed in 3.0: use chat:sent",
    at: { file: "0.json", line: 1, column: expect.any(Number) },
  });
  expect(added).toMatchObject({ class: "compatible", rule: "relay-added", at: { file: "0.json" } });
});

test.each<[Written, Written, string]>([
  [relay({ rate: "5/s" }), relay({ rate: "60/m" }), "rate 5/s became 1/s"],
  [relay({ rate: "5/s" }), relay({}), "rate 5/s became none"],
  [durable({ ttl: "7d" }), durable({ ttl: "36h" }), "ttl 7d became 36h"],
  [durable({ ttl: "90s" }), durable({ ttl: "1500ms" }), "ttl 90s became 1500ms"],
  [event({}), event({ to: { room: "doc:{/id}" } }), "to users /id became room doc:{/id}"],
  [keys({}), keys({}, { retain: 0 }), "retain 1h became 0"],
  [command({ payload: { enum: [1] } }), command({ payload: { enum: [2] } }), "may no longer be 1"],
])("messages are written as contract files are: %#", (old, next, expected) => {
  expect(diff(old, next)[0]!.message).toBe(expected);
});

test("the file's own differences do not count: order of names, files and keys", () => {
  const one = { ...relay({}), ...event({}) };
  expect(diffContracts(load(one).catalogue, load(event({}), relay({})).catalogue)).toEqual([]);
});
