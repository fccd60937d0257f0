/** Everything but schemas: each rule, shown by the smallest pair of files that it judges. */

import { describe, expect, test } from "vitest";
import { diff, load, summary, type Written } from "../../test/contract-pairs.ts";
import { diffContracts } from "./diff.ts";
import { RULE_IDS, RULES, type Rule } from "./rules.ts";

const text = { type: "string" };
const customer = { type: "object", properties: { id: text, other: text }, required: ["id", "other"] };
const room = (room: object, pattern = "doc:*"): Written => ({ rooms: { [pattern]: room } });
const keys = (keys: object, more: object = {}) => room({ state: { keys, ...more } });
const relay = (more: object): Written => ({
  relays: { "chat:said": { rooms: ["doc:*"], payload: text, ...more } },
});
const command = (more: object): Written => ({
  commands: { "ticket:reply": { payload: text, reply: text, subject: "commands.ticket.reply", ...more } },
});
const event = (more: object): Written => ({
  events: { "order:shipped": { payload: customer, to: { users: "/id" }, from: "events.orders", ...more } },
});
const durable = (more: object) => event({ durable: { ttl: "7d", ...more } });
const namespaces = (...names: string[]) => names.map((namespace) => ({ namespace, ...relay({}) }));
const fallback = (after: string, channel = "mail") => durable({ fallback: { after, channel } });

const AT = {
  room: "/rooms/doc:*",
  key: "/rooms/doc:*/state/keys/title",
  relay: "/relays/chat:said",
  command: "/commands/ticket:reply",
  event: "/events/order:shipped",
};

type Row = [title: string, old: Written, next: Written, expected: string[]];

const ROWS: readonly Row[] = [
  ["a room pattern that comes", {}, room({}), [`compatible room-added ${AT.room}`]],
  ["a room pattern that goes", room({}), {}, [`clients room-removed ${AT.room}`, `publishers room-removed ${AT.room}`]],
  [
    "a room pattern that leaves a wider one",
    { rooms: { "doc:*": { maxMembers: 9 } } },
    { rooms: { "doc:*": { maxMembers: 9 }, "doc:big:*": { maxMembers: 5 } } },
    ["compatible rooms-split /rooms/doc:big:*", "clients max-members-lowered /rooms/doc:big:*/maxMembers"],
  ],
  [
    "one room that leaves its pattern without info",
    { rooms: { "doc:*": { info: text } } },
    { rooms: { "doc:*": { info: text }, "doc:one": {} } },
    ["compatible rooms-split /rooms/doc:one", "clients room-info-removed /rooms/doc:one/info"],
  ],
  [
    "a room pattern that falls under a wider one",
    { rooms: { "doc:*": {}, "doc:big:*": { info: text } } },
    { rooms: { "doc:*": {} } },
    ["compatible rooms-merged /rooms/doc:big:*", "clients room-info-removed /rooms/doc:big:*/info"],
  ],
  [
    "a wider pattern that replaces a narrower one",
    { rooms: { "doc:*": {} } },
    { rooms: { "d*": {} } },
    ["compatible room-added /rooms/d*", "compatible rooms-merged /rooms/doc:*"],
  ],
  [
    "a narrower pattern that replaces a wider one",
    { rooms: { "d*": {} } },
    { rooms: { "doc:*": {} } },
    ["clients room-removed /rooms/d*", "publishers room-removed /rooms/d*", "compatible rooms-split /rooms/doc:*"],
  ],
  ["info that comes", room({}), room({ info: text }), [`compatible room-info-added ${AT.room}/info`]],
  ["info that goes", room({ info: text }), room({}), [`clients room-info-removed ${AT.room}/info`]],
  ["a first maxMembers", room({}), room({ maxMembers: 9 }), [`clients max-members-lowered ${AT.room}/maxMembers`]],
  [
    "a lower maxMembers",
    room({ maxMembers: 9 }),
    room({ maxMembers: 8 }),
    [`clients max-members-lowered ${AT.room}/maxMembers`],
  ],
  [
    "a higher maxMembers",
    room({ maxMembers: 9 }),
    room({ maxMembers: 10 }),
    [`compatible max-members-raised ${AT.room}/maxMembers`],
  ],
  ["no maxMembers", room({ maxMembers: 9 }), room({}), [`compatible max-members-raised ${AT.room}/maxMembers`]],
  ["a state key that comes", room({}), keys({ title: { value: text } }), [`compatible state-key-added ${AT.key}`]],
  [
    "a state key that goes",
    keys({ title: { value: text } }),
    keys({}),
    [`clients state-key-removed ${AT.key}`, `publishers state-key-removed ${AT.key}`],
  ],
  [
    "the whole state, which keeps its default retain",
    keys({ title: { value: text } }),
    room({}),
    [`clients state-key-removed ${AT.key}`, `publishers state-key-removed ${AT.key}`],
  ],
  [
    "a state key that leaves a wider one",
    keys({ "t*": { value: text } }),
    keys({ "t*": { value: text }, title: { value: { ...text, maxLength: 1 } } }),
    [
      `compatible keys-split ${AT.key}`,
      `clients limit-tightened ${AT.key}/value`,
      `publishers limit-tightened ${AT.key}/value`,
    ],
  ],
  [
    "a state key that falls under a wider one",
    keys({ "t*": { value: text }, title: { value: text, op: "edit" } }),
    keys({ "t*": { value: text } }),
    [`compatible keys-merged ${AT.key}`, `clients operation-changed ${AT.key}/op`],
  ],
  [
    "a state key with its own operation",
    keys({ title: { value: text } }),
    keys({ title: { value: text, op: "edit" } }),
    [`clients operation-changed ${AT.key}/op`],
  ],
  [
    "the core operation, spelled out",
    keys({ title: { value: text } }),
    keys({ title: { value: text, op: "state" } }),
    [],
  ],
  [
    "a state key that is bound to its writer",
    keys({ title: { value: text } }),
    keys({ title: { value: text, write: "owner" } }),
    [`clients key-owner-changed ${AT.key}/write`],
  ],
  [
    "a state key that outlives its writer",
    keys({ title: { value: text, write: "owner" } }),
    keys({ title: { value: text } }),
    [`clients key-owner-changed ${AT.key}/write`],
  ],
  [
    "state kept shorter than by default",
    room({}),
    keys({}, { retain: "1m" }),
    [`clients retain-lowered ${AT.room}/state/retain`],
  ],
  [
    "state kept longer than by default",
    keys({}),
    keys({}, { retain: "2h" }),
    [`compatible retain-raised ${AT.room}/state/retain`],
  ],
  ["the default, spelled out otherwise", keys({}), keys({}, { retain: "60m" }), []],
  [
    "state that is published",
    keys({}),
    keys({}, { publish: true }),
    [`compatible state-published ${AT.room}/state/publish`],
  ],
  [
    "state that is no longer published",
    keys({}, { publish: true }),
    keys({}),
    [`publishers state-unpublished ${AT.room}/state/publish`],
  ],
  [
    "descriptions of rooms and keys",
    keys({ title: { value: text } }),
    room({ description: "x", state: { keys: { title: { value: text, description: "y" } } } }),
    [`compatible docs-changed ${AT.key}`, `compatible docs-changed ${AT.room}`],
  ],

  ["a relay that comes", {}, relay({}), [`compatible relay-added ${AT.relay}`]],
  ["a relay that goes", relay({}), {}, [`clients relay-removed ${AT.relay}`]],
  [
    "a relay that becomes a command",
    relay({}),
    { commands: { "chat:said": { payload: text, reply: text, subject: "commands.chat" } } },
    [`clients relay-removed ${AT.relay}`, "compatible command-added /commands/chat:said"],
  ],
  ["more rooms", relay({}), relay({ rooms: ["doc:*", "x"] }), [`compatible relay-rooms-added ${AT.relay}/rooms`]],
  [
    "fewer rooms",
    relay({ rooms: ["doc:*", "x"] }),
    relay({ rooms: ["x"] }),
    [`clients relay-rooms-removed ${AT.relay}/rooms`],
  ],
  ["rooms of a wider pattern", relay({}), relay({ rooms: ["d*"] }), [`compatible relay-rooms-added ${AT.relay}/rooms`]],
  [
    "rooms of a narrower pattern",
    relay({}),
    relay({ rooms: ["doc:a*"] }),
    [`clients relay-rooms-removed ${AT.relay}/rooms`],
  ],
  ["the same rooms by more patterns", relay({}), relay({ rooms: ["doc:a*", "doc:*"] }), []],
  ["another operation", relay({}), relay({ op: "comment" }), [`clients operation-changed ${AT.relay}/op`]],
  ["the default operation, spelled out", relay({}), relay({ op: "publish" }), []],
  ["a lower rate", relay({ rate: "5/s" }), relay({ rate: "60/m" }), [`clients rate-lowered ${AT.relay}/rate`]],
  ["a first rate", relay({}), relay({ rate: "5/s" }), [`clients rate-lowered ${AT.relay}/rate`]],
  ["a higher rate", relay({ rate: "5/s" }), relay({ rate: "6/s" }), [`compatible rate-raised ${AT.relay}/rate`]],
  ["no own rate any more", relay({ rate: "5/s" }), relay({}), [`clients rate-removed ${AT.relay}/rate`]],
  ["the same rate in another unit", relay({ rate: "1/s" }), relay({ rate: "60/m" }), []],
  [
    "a relay that may be dropped",
    relay({}),
    relay({ volatile: true }),
    [`clients volatile-added ${AT.relay}/volatile`],
  ],
  [
    "a relay that may no longer be dropped",
    relay({ volatile: true }),
    relay({}),
    [`compatible volatile-removed ${AT.relay}/volatile`],
  ],
  [
    "a relay with a history",
    relay({}),
    relay({ history: { size: 9, ttl: "1h" } }),
    [`clients relay-echoed ${AT.relay}/history`],
  ],
  [
    "a relay without its history",
    relay({ history: { size: 9, ttl: "1h" } }),
    relay({}),
    [`clients history-removed ${AT.relay}/history`],
  ],
  [
    "a history that is shorter one way and longer the other",
    relay({ history: { size: 9, ttl: "1h" } }),
    relay({ history: { size: 8, ttl: "2h" } }),
    [`clients history-lowered ${AT.relay}/history/size`, `compatible history-raised ${AT.relay}/history/ttl`],
  ],

  ["a command that comes", {}, command({}), [`compatible command-added ${AT.command}`]],
  ["a command that goes", command({}), {}, [`clients command-removed ${AT.command}`]],
  [
    "a command that accepts more",
    command({ payload: { enum: ["a"] } }),
    command({ payload: { enum: ["a", "b"] } }),
    [`compatible command-widened ${AT.command}/payload`],
  ],
  [
    "a reply that may hold more",
    command({ reply: { enum: ["a"] } }),
    command({ reply: { enum: ["a", "b"] } }),
    [`clients value-added ${AT.command}/reply`],
  ],
  [
    "a reply that may hold less",
    command({ reply: { enum: ["a", "b"] } }),
    command({ reply: { enum: ["a"] } }),
    [`publishers value-removed ${AT.command}/reply`],
  ],
  [
    "another subject",
    command({}),
    command({ subject: "commands.ticket.answer" }),
    [`publishers subject-changed ${AT.command}/subject`],
  ],
  [
    "less time to answer than by default",
    command({}),
    command({ timeout: "2s" }),
    [`publishers timeout-lowered ${AT.command}/timeout`],
  ],
  ["more time to answer", command({ timeout: "2s" }), command({}), [`compatible timeout-raised ${AT.command}/timeout`]],
  ["a command's rate", command({ rate: "2/s" }), command({ rate: "1/s" }), [`clients rate-lowered ${AT.command}/rate`]],

  ["an event that comes", {}, event({}), [`compatible event-added ${AT.event}`]],
  ["an event that goes", event({}), {}, [`clients event-removed ${AT.event}`, `publishers event-removed ${AT.event}`]],
  ["a subject that comes", event({ from: undefined }), event({}), [`compatible from-added ${AT.event}/from`]],
  ["a subject that goes", event({}), event({ from: undefined }), [`publishers from-changed ${AT.event}/from`]],
  [
    "another subject, the tenant in it",
    event({}),
    event({ from: "events.{tenant}.orders" }),
    [`publishers from-changed ${AT.event}/from`],
  ],
  ["a type that is asked for", event({}), event({ type: "a" }), [`publishers type-required ${AT.event}/type`]],
  ["another type", event({ type: "a" }), event({ type: "b" }), [`publishers type-required ${AT.event}/type`]],
  ["a type that is no longer asked for", event({ type: "a" }), event({}), [`compatible type-removed ${AT.event}/type`]],
  [
    "the tenant from a header",
    event({}),
    event({ tenant: "header" }),
    [`publishers tenant-changed ${AT.event}/tenant`],
  ],
  [
    "the tenant no longer from a header",
    event({ tenant: "header" }),
    event({}),
    [`publishers tenant-changed ${AT.event}/tenant`],
  ],
  [
    "an audience for an event that was emitted only",
    event({ from: undefined, to: undefined }),
    event({ from: undefined }),
    [`compatible audience-added ${AT.event}/to`],
  ],
  ["other users", event({}), event({ to: { users: "/other" } }), [`clients audience-changed ${AT.event}/to`]],
  ["a room for users", event({}), event({ to: { room: "doc:{/id}" } }), [`clients audience-changed ${AT.event}/to`]],
  ["an event that becomes durable", event({}), durable({}), [`compatible durable-added ${AT.event}/durable`]],
  [
    "a durable event that was emitted to anyone",
    event({ from: undefined, to: undefined }),
    durable({}),
    [
      `compatible from-added ${AT.event}/from`,
      `compatible audience-added ${AT.event}/to`,
      `compatible durable-added ${AT.event}/durable`,
      `publishers durable-needs-users ${AT.event}/durable`,
    ],
  ],
  [
    "a durable event that went to a room",
    event({ to: { room: "doc:{/id}" } }),
    durable({}),
    [
      `clients audience-changed ${AT.event}/to`,
      `compatible durable-added ${AT.event}/durable`,
      `publishers durable-needs-users ${AT.event}/durable`,
    ],
  ],
  [
    "an event that becomes durable, with a fallback",
    event({}),
    fallback("1m"),
    [`compatible durable-added ${AT.event}/durable`, `clients fallback-added ${AT.event}/durable/fallback`],
  ],
  ["an event that is no longer durable", durable({}), event({}), [`clients durable-removed ${AT.event}/durable`]],
  [
    "a lower ttl",
    durable({}),
    durable({ ttl: "36h" }),
    [`clients ttl-lowered ${AT.event}/durable/ttl`, `publishers ttl-lowered ${AT.event}/durable/ttl`],
  ],
  ["a higher ttl", durable({}), durable({ ttl: "8d" }), [`compatible ttl-raised ${AT.event}/durable/ttl`]],
  [
    "a collapse",
    durable({}),
    durable({ collapse: "o:{/id}" }),
    [`clients collapse-changed ${AT.event}/durable/collapse`],
  ],
  [
    "no collapse",
    durable({ collapse: "o:{/id}" }),
    durable({}),
    [`clients collapse-changed ${AT.event}/durable/collapse`],
  ],
  ["a fallback", durable({}), fallback("1m"), [`clients fallback-added ${AT.event}/durable/fallback`]],
  ["no fallback", fallback("1m"), durable({}), [`clients fallback-removed ${AT.event}/durable/fallback`]],
  [
    "an earlier fallback",
    fallback("1m"),
    fallback("30s"),
    [`clients fallback-sooner ${AT.event}/durable/fallback/after`],
  ],
  [
    "a later fallback",
    fallback("1m"),
    fallback("2m"),
    [`compatible fallback-later ${AT.event}/durable/fallback/after`],
  ],
  [
    "another channel",
    fallback("1m"),
    fallback("1m", "push"),
    [`compatible fallback-channel-changed ${AT.event}/durable/fallback/channel`],
  ],
  [
    "a digest",
    durable({}),
    durable({ digest: { window: "1h" } }),
    [`compatible digest-changed ${AT.event}/durable/digest`],
  ],
  [
    "an event's history",
    event({ to: { room: "doc:{/id}" } }),
    event({ to: { room: "doc:{/id}" }, history: { size: 9, ttl: "1h" } }),
    [`compatible history-added ${AT.event}/history`],
  ],

  [
    "enforcement of a relay",
    relay({ enforcement: "warn" }),
    relay({ enforcement: "enforce" }),
    [`clients enforcement-tightened ${AT.relay}/enforcement`],
  ],
  [
    "enforcement of a command and its replies",
    command({ enforcement: "warn" }),
    command({}),
    [
      `clients enforcement-tightened ${AT.command}/enforcement`,
      `publishers enforcement-tightened ${AT.command}/enforcement`,
    ],
  ],
  [
    "enforcement of an event",
    event({ enforcement: "warn" }),
    event({}),
    [`publishers enforcement-tightened ${AT.event}/enforcement`],
  ],
  ...[
    ["relay", relay, AT.relay],
    ["command", command, AT.command],
    ["event", event, AT.event],
  ].map(
    ([kind, make, at]): Row => [
      `a warning for the enforcement of a ${String(kind)}`,
      (make as typeof relay)({}),
      (make as typeof relay)({ enforcement: "warn" }),
      [`clients enforcement-loosened ${String(at)}/enforcement`],
    ],
  ),
  [
    "a narrower payload that is not enforced any more",
    command({ payload: { enum: ["a", "b"] } }),
    command({ payload: { enum: ["a"] }, enforcement: "warn" }),
    [`compatible not-enforced ${AT.command}/payload`, `clients enforcement-loosened ${AT.command}/enforcement`],
  ],
  [
    "a narrower payload that is enforced from now on",
    command({ payload: { enum: ["a", "b"] }, enforcement: "warn" }),
    command({ payload: { enum: ["a"] } }),
    [
      `clients value-removed ${AT.command}/payload`,
      `clients enforcement-tightened ${AT.command}/enforcement`,
      `publishers enforcement-tightened ${AT.command}/enforcement`,
    ],
  ],
  [
    "a wider reply where nothing was promised",
    command({ reply: { enum: ["a"] }, enforcement: "warn" }),
    command({ reply: { enum: ["a", "b"] }, enforcement: "warn" }),
    [`compatible not-enforced ${AT.command}/reply`],
  ],
  [
    "a deprecation",
    relay({}),
    relay({ deprecated: { since: "2.0" } }),
    [`compatible deprecation-changed ${AT.relay}/deprecated`],
  ],
  [
    "no deprecation any more",
    relay({ deprecated: { since: "2.0" } }),
    relay({}),
    [`compatible deprecation-changed ${AT.relay}/deprecated`],
  ],
  ["a description", event({}), event({ description: "x" }), [`compatible docs-changed ${AT.event}`]],
  ["an owner", command({}), command({ owner: "x" }), [`compatible docs-changed ${AT.command}`]],
  ["an example", relay({}), relay({ examples: ["x"] }), [`compatible docs-changed ${AT.relay}`]],
  ["the file's description", { ...relay({}), description: "x" }, relay({}), ["compatible docs-changed /description"]],
  ["how much is traced", relay({}), relay({ sample: 0.5 }), [`compatible sample-changed ${AT.relay}/sample`]],
  [
    "nothing",
    { ...relay({}), ...keys({ title: { value: text } }) },
    { ...keys({ title: { value: text } }), ...relay({}) },
    [],
  ],
];

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
  const elsewhere = ["namespace-added", "namespace-removed", "field-declared", "field-undeclared", "schema-rewritten"];
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
