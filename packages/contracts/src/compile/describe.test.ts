import { expect, test } from "vitest";
import { checkSources } from "./load.ts";

const catalogueOf = (...texts: string[]) => {
  const result = checkSources(
    texts.map((text, i) => ({ file: `f${i}.yaml`, text: `rollcall: 1\nnamespace: /\n${text}` })),
  );
  if (!result.ok) throw new Error(JSON.stringify(result.mistakes));
  return result.catalogue;
};

test("everything that is declared, with defaults, in milliseconds and without references", () => {
  const catalogue = catalogueOf(`
description: A shop.
shared: { id: { type: string } }
rooms:
  "doc:*":
    description: One per document.
    info: { $ref: "#/shared/id" }
    maxMembers: 5
    state: { retain: 2h, publish: true, keys: { "cursor:*": { value: { $ref: "#/shared/id" }, write: owner }, title: { value: {}, op: edit } } }
  plain: { state: {} }
relays:
  chat:said: { rooms: ["doc:*"], payload: { $ref: "#/$defs/t", $defs: { t: { type: string } } }, rate: 30/m, history: { size: 9, ttl: 1d }, examples: [hello] }
commands:
  ticket:reply: { payload: {}, reply: {}, subject: commands.ticket.reply, owner: support }
events:
  order:shipped:
    from: "events.{tenant}.orders"
    type: shipped
    payload: { type: object, required: [id], properties: { id: { type: string } } }
    to: { users: /id }
    durable: { ttl: 7d, collapse: "o:{/id}", fallback: { after: 30s, channel: mail }, digest: { window: 1m } }
    enforcement: warn
    sample: 0.5
    deprecated: { since: "2.0", use: order:sent }
`);
  expect(catalogue.namespaces).toMatchObject([{ namespace: "/", descriptions: ["A shop."] }]);
  expect(catalogue.shared).toEqual([
    { name: "id", at: { file: "f0.yaml", line: 5, column: 11 }, schema: { type: "string" } },
  ]);
  const [shop] = catalogue.namespaces;
  expect(shop?.rooms).toEqual([
    {
      pattern: "doc:*",
      at: { file: "f0.yaml", line: 7, column: 3 },
      description: "One per document.",
      info: { type: "string" },
      maxMembers: 5,
      state: {
        retainMs: 7_200_000,
        publish: true,
        keys: [
          { pattern: "cursor:*", value: { type: "string" }, writeOwner: true },
          { pattern: "title", value: {}, writeOwner: false, op: "edit" },
        ],
      },
    },
    { pattern: "plain", at: expect.anything(), state: { retainMs: 3_600_000, publish: false, keys: [] } },
  ]);
  expect(shop?.relays).toMatchObject([
    {
      name: "chat:said",
      rooms: ["doc:*"],
      op: "publish",
      volatile: false,
      payload: { type: "string" },
      rate: { perSecond: 0.5 },
      history: { size: 9, ttlMs: 86_400_000 },
      examples: ["hello"],
      enforcement: "enforce",
    },
  ]);
  expect(shop?.commands).toMatchObject([{ subject: "commands.ticket.reply", timeoutMs: 3_000, owner: "support" }]);
  expect(shop?.events).toMatchObject([
    {
      from: "events.{tenant}.orders",
      type: "shipped",
      tenantFrom: "subject",
      to: { users: "/id" },
      durable: {
        ttlMs: 604_800_000,
        collapse: "o:{/id}",
        fallback: { afterMs: 30_000, channel: "mail" },
        digest: { windowMs: 60_000 },
      },
      enforcement: "warn",
      sample: 0.5,
      deprecated: { since: "2.0", use: "order:sent" },
    },
  ]);
});

test("files of one namespace are one entry, its names in order", () => {
  const relay = (name: string) => `relays: { ${name}: { rooms: [x], payload: {} } }`;
  const [only, ...others] = catalogueOf(relay("b:b"), relay("a:a")).namespaces;
  expect(others).toEqual([]);
  expect(only?.relays.map(({ name, at }) => [name, at.file])).toEqual([
    ["a:a", "f1.yaml"],
    ["b:b", "f0.yaml"],
  ]);
});
