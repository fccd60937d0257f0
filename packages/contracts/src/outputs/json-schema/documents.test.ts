import { readFileSync } from "node:fs";
import { Validator as SecondValidator } from "@cfworker/json-schema";
import { Ajv2020 } from "ajv/dist/2020.js";
import formats from "ajv-formats";
import { beforeAll, describe, expect, test } from "vitest";
import { near } from "../../../test/near.ts";
import type { JsonSchema, NamespaceEntry } from "../../catalogue.ts";
import { checkSources } from "../../compile/load.ts";
import type { Validator } from "../../contract.ts";
import { CLIENT_EVENTS } from "../../core/client-events.ts";
import { SERVER_EVENTS } from "../../core/server-events.ts";
import { validateClientEvent } from "../../core/validators.ts";
import { renderSchemaBundle } from "./bundle.ts";
import { renderJsonSchemas } from "./documents.ts";

const FILES = ["contracts/market.yaml", "contracts/admin.yaml", "hostile/hostile.yaml"];

interface Index {
  common: Record<string, string>;
  messages: { event: string; namespace?: string; kind: string; direction: string; payload: string; ack?: string }[];
}

function load() {
  const texts = FILES.map((path) => ({
    file: path,
    text: readFileSync(new URL(`../../../test/${path}`, import.meta.url), "utf8"),
  }));
  const result = checkSources(texts);
  if (!result.ok) throw new Error(JSON.stringify(result.mistakes));
  return result;
}
let loaded: ReturnType<typeof load>;
let files: Map<string, string>;
let index: Index;
beforeAll(() => {
  loaded = load();
  files = renderJsonSchemas(loaded.catalogue, { hash: "abc" });
  index = read("index.json");
});
const read = <T>(path: string): T => JSON.parse(files.get(path) ?? "null") as T;

/** One for all documents: they have no `$id`. Strict: a keyword that it does not know, or a reference that leads nowhere, is an error. */
function strictAjv(): Ajv2020 {
  const ajv = new Ajv2020({ strict: true, strictTypes: false, strictRequired: false, ownProperties: true });
  (formats as unknown as { default: (ajv: Ajv2020) => void }).default(ajv);
  return ajv;
}

const ajv = strictAjv();

/** Both validators' answer, which must be one. */
function verdictOf(schema: object): (value: unknown) => boolean {
  const first = ajv.compile(schema);
  const second = new SecondValidator(schema, "2020-12");
  return (value) => {
    const answers = [first(value), second.validate(value).valid];
    expect(answers[1], JSON.stringify([schema, value])).toBe(answers[0]);
    return answers[0] === true;
  };
}

test("the index lists every event once per direction, and every file is listed", () => {
  const core = index.messages.filter(({ kind }) => kind === "core");
  const named = (direction: string) => core.filter((each) => each.direction === direction).map(({ event }) => event);
  expect(named("client-to-server")).toEqual(Object.keys(CLIENT_EVENTS));
  expect(named("server-to-client")).toEqual(Object.keys(SERVER_EVENTS));
  const others = index.messages.filter(({ kind }) => kind !== "core");
  expect(others.map(({ namespace, direction, event }) => `${namespace} ${direction} ${event}`)).toEqual(
    loaded.catalogue.namespaces.flatMap(({ namespace, relays, commands, events }) => [
      ...[...relays, ...commands].map(({ name }) => `${namespace} client-to-server ${name}`),
      ...[...relays, ...events].map(({ name }) => `${namespace} server-to-client ${name}`),
    ]),
  );
  const listed = [...index.messages.flatMap(({ payload, ack }) => [payload, ...(ack === undefined ? [] : [ack])])];
  expect([...listed, ...Object.values(index.common), "index.json"].toSorted()).toEqual([...files.keys()].toSorted());
  expect(new Set(listed).size).toBe(listed.length);
});

test("where backends publish and answer, and what is deprecated, is in the index", () => {
  const one = (event: string, direction: string) =>
    index.messages.find((each) => each.event === event && each.direction === direction && each.namespace === "/");
  expect(one("order:shipped", "server-to-client")).toMatchObject({
    kind: "event",
    subject: "events.{tenant}.orders.shipped",
    type: "shop.order.shipped",
    payload: "server-to-client/order.shipped.json",
  });
  expect(one("deal:list", "client-to-server")).toMatchObject({ subject: "commands.deal.list", deprecated: true });
  expect(one("offer:made", "client-to-server")).toMatchObject({ ack: "acks/offer.made.json" });
  expect(index.messages).toContainEqual(
    expect.objectContaining({ payload: "namespaces/back-office/client-to-server/stall.ban.json" }),
  );
});

test("every document is complete in itself, for strict validators of two makes", () => {
  for (const [path, text] of files) {
    if (path === "index.json") continue;
    const schema = JSON.parse(text) as object;
    expect(schema, path).toMatchObject({
      $schema: "https://json-schema.org/draft/2020-12/schema",
      title: expect.any(String),
    });
    expect(() => verdictOf(schema)({}), path).not.toThrow();
  }
});

test("shared schemas are definitions, and only those that a document uses", () => {
  expect(read("server-to-client/offer.made.json")).toMatchObject({
    $ref: "#/$defs/Offer",
    description: "An offer, for all to see.",
    $defs: {
      Offer: { properties: { price: { $ref: "#/$defs/Money" } } },
      Money: {},
      Currency: { enum: expect.any(Array) },
    },
  });
  expect(read<object>("server-to-client/hand.raised.json")).not.toHaveProperty("$defs");
});

test("limits that only our server knows are told in words", () => {
  const { properties } = read<{ properties: Record<string, { description?: string }> }>(
    "core/client-to-server/room.join.json",
  );
  expect(properties.info).toEqual({ description: "At most 256 bytes of JSON." });
});

describe("they accept what the server accepts, and nothing else", () => {
  const namespaceOf = (entry: NamespaceEntry) => loaded.contracts.namespaces.get(entry.namespace)!;

  test("declared examples and a hundred values near them", () => {
    let [right, wrong] = [0, 0];
    for (const entry of loaded.catalogue.namespaces) {
      const contract = namespaceOf(entry);
      const folder = entry.namespace === "/" ? "" : `namespaces${entry.namespace}/`;
      const check = (path: string, validate: Validator, values: Iterable<unknown>) => {
        const verdict = verdictOf(read<object>(path));
        for (const value of values) {
          const expected = validate(value) === undefined;
          expect(verdict(value), `${path} ${JSON.stringify(value)}`).toBe(expected);
          if (expected) right++;
          else wrong++;
        }
      };
      for (const [kind, direction] of [
        ["relays", "server-to-client"],
        ["commands", "client-to-server"],
        ["events", "server-to-client"],
      ] as const) {
        for (const { name, examples } of entry[kind]) {
          // The second validator takes what every JavaScript object inherits for the payload's own.
          if (examples.some((example) => Object.hasOwn(Object(example), "</script>"))) continue;
          const { validate } = contract[kind].get(name)!;
          const values = examples.flatMap((example) => [...near(example)]);
          check(`${folder}${direction}/${name.replace(":", ".")}.json`, validate, values);
        }
      }
    }
    expect(right).toBeGreaterThan(30);
    expect(wrong).toBeGreaterThan(100);
  });

  test("a relay as emitted: a room and its data", () => {
    const verdict = verdictOf(read<object>("client-to-server/offer.made.json"));
    const data = { price: { amount: 1, currency: "EUR" }, kind: "fixed" };
    expect(verdict({ room: "stall:1", data })).toBe(true);
    expect(verdict({ room: "no room", data })).toBe(false);
    expect(verdict({ room: "stall:1", data: { ...data, kind: "closed" } })).toBe(false);
    for (const part of [data, { data }, { room: "stall:1" }]) expect(verdict(part)).toBe(false);
  });

  test("core's events", () => {
    const join = { room: "doc:1", last: 20, have: { epoch: "1.1", state: 4 }, observe: true };
    const ops = [
      { op: "set", key: "k", value: 1, if: { version: 2 } },
      { op: "increment", key: "n", by: 1 },
    ];
    for (const [event, value] of [
      ["room:join", join],
      ["state:patch", { room: "doc:1", ops }],
    ] as const) {
      const verdict = verdictOf(read<object>(`core/client-to-server/${event.replace(":", ".")}.json`));
      for (const each of near(value)) {
        expect(verdict(each), `${event} ${JSON.stringify(each)}`).toBe(validateClientEvent(event, each).ok);
      }
    }
  });
});

test("as one document, everything has the name that it has in types, and means the same", () => {
  const bundle = JSON.parse(renderSchemaBundle(loaded.catalogue, { hash: "abc" })) as {
    $defs: Record<string, JsonSchema>;
  };
  ajv.addSchema(bundle, "all");
  for (const name of Object.keys(bundle.$defs)) expect(() => ajv.getSchema(`all#/$defs/${name}`), name).not.toThrow();
  expect(Object.keys(bundle.$defs)).toEqual(
    expect.arrayContaining([
      "Meta",
      "WireError",
      "RoomJoin",
      "RoomJoinReply",
      "Money",
      "OrderShipped",
      "DealCloseReply",
    ]),
  );
  expect(bundle.$defs.OfferMadeRelay).toMatchObject({ properties: { data: { $ref: "#/$defs/Offer" } } });
  expect(bundle.$defs.BackOfficeOfferMade).toMatchObject({ type: "string", title: "offer:made on /back-office" });
  const accepts = (name: string, value: unknown) => ajv.getSchema(`all#/$defs/${name}`)!(value);
  expect(accepts("StallMoved", { stall: "a", row: 1 })).toBe(true);
  expect(accepts("StallMoved", { stall: "a", row: -1 })).toBe(false);
});
