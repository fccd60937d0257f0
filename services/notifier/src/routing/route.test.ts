import { messageId } from "@rollcall/contracts/internal";
import { describe, expect, it } from "vitest";
import { fakeContracts, from, toBoard, toUsers } from "../../test/fake-contracts.ts";
import { type BusMessage, decodeMessage } from "../streams/cloud-event.ts";
import { route } from "./route.ts";

const HOUR = 3_600_000;
const contracts = fakeContracts([
  { name: "card:moved", from: from("events.cards"), audience: toBoard },
  { name: "card:typed", from: from("events.typed"), type: "card.typed", audience: toBoard },
  { name: "card:warned", from: from("events.warned"), audience: toBoard, enforcement: "warn" },
  {
    name: "order:shipped",
    from: from("events.{tenant}.orders"),
    audience: toUsers,
    tenantFrom: "subject",
    durable: { ttlMs: HOUR },
  },
  { name: "bill:due", from: from("events.bills"), audience: toUsers, tenantFrom: "header" },
  { name: "only:emitted", from: from("events.silent") },
]);

function decide(
  subject: string,
  data: unknown,
  headers: Record<string, string> = {},
  change: Partial<BusMessage> = {},
) {
  const message: BusMessage = {
    subject,
    headers: new Map(
      Object.entries({ "ce-specversion": "1.0", "ce-id": "7", "ce-source": "test", "ce-type": "any", ...headers }),
    ),
    body: new TextEncoder().encode(JSON.stringify(data)),
    stream: "EVENTS",
    streamCreated: "2026-01-01T00:00:00Z",
    sequence: 1,
    arrivedAtMs: 10 * HOUR,
    ...change,
  };
  return route(contracts, message, decodeMessage(message));
}

/** Without CloudEvents attributes. */
const PLAIN: BusMessage = {
  subject: "events.cards",
  headers: new Map(),
  body: new TextEncoder().encode('{"board":"a"}'),
  stream: "EVENTS",
  streamCreated: "",
  sequence: 1,
  arrivedAtMs: 0,
};

const iso = (ms: number) => new Date(ms).toISOString();

describe("route", () => {
  it("sends an event to the room its contract names", () => {
    expect(decide("events.cards", { board: "a" })).toMatchObject({
      kind: "accepted",
      tenant: "main",
      mid: messageId("main", "test", "7"),
      audience: { to: "room", room: "board:a" },
      dataJson: '{"board":"a"}',
      warnings: [],
    });
  });

  it("sends an event to each user once, in the tenant of its subject", () => {
    expect(decide("events.acme.orders", { users: ["u1", "u2", "u1"] })).toMatchObject({
      kind: "accepted",
      tenant: "acme",
      audience: { to: "users", users: ["u1", "u2"] },
    });
  });

  it("takes the tenant from the header where the contract says so", () => {
    expect(decide("events.bills", { users: ["u"] }, { "ce-tenantid": "acme" })).toMatchObject({ tenant: "acme" });
  });

  it("lets through what only warns, and says what was wrong", () => {
    expect(decide("events.warned", { board: "a", bad: 1 })).toMatchObject({
      kind: "accepted",
      warnings: [{ pointer: "/bad" }],
    });
  });

  const { board, users } = { board: { board: "a" }, users: { users: ["u"] } };
  it.each([
    ["json", "a body that is none", () => decide("events.cards", {}, {}, { body: new TextEncoder().encode("{") })],
    ["undeclared", "a subject nobody declares", () => decide("events.other", {})],
    ["undeclared", "another type than declared", () => decide("events.typed", board, { "ce-type": "card.other" })],
    [
      "tenant",
      "another tenant than the subject's",
      () => decide("events.acme.orders", users, { "ce-tenantid": "evil" }),
    ],
    ["tenant", "a tenant where the subject has none", () => decide("events.cards", board, { "ce-tenantid": "acme" })],
    ["tenant", "a subject's tenant that is none", () => decide("events.ACME.orders", users)],
    ["tenant", "no tenant header where it is needed", () => decide("events.bills", users)],
    ["tenant", "a tenant header that is none", () => decide("events.bills", users, { "ce-tenantid": "A B" })],
    [
      "expired",
      "a time further back than its ttl",
      () => decide("events.acme.orders", users, { "ce-time": iso(9 * HOUR) }),
    ],
    ["payload", "data outside its schema", () => decide("events.cards", { ...board, bad: 1 })],
    ["payload", "more data than the wire takes", () => decide("events.cards", { ...board, x: "y".repeat(128 * 1024) })],
    ["audience", "data that names no room", () => decide("events.cards", {})],
    ["audience", "data that names no user", () => decide("events.acme.orders", { users: [] })],
    ["audience", "an event that declares nobody", () => decide("events.silent", {})],
  ] as const)("[D4] is a dead letter `%s`: %s", (reason, _what, decision) => {
    expect(decision()).toMatchObject({ kind: "dead", reason, detail: expect.stringMatching(/./) });
  });

  it("[D4] names the type that came and those declared on its subject, plain JSON's too; both are bounded", () => {
    const detailOf = (decision: ReturnType<typeof decide>) => decision.kind === "dead" && decision.detail;
    const declared = "declared for it: card.typed";
    const start = "no contract declares this subject with the type";
    expect(detailOf(decide("events.typed", board, { "ce-type": "card.other" }))).toBe(
      `${start} card.other; ${declared}`,
    );
    expect(detailOf(decide("events.typed", board, {}, { headers: new Map() }))).toBe(
      `${start} events.typed; ${declared}`,
    );
    expect(detailOf(decide("events.typed", board, { "ce-type": "t".repeat(500) }))).toBe(
      `${start} ${"t".repeat(100)}...; ${declared}`,
    );
    const many = fakeContracts(
      [1, 2, 3, 4, 5, 6, 7].map((n) => ({
        name: `a:e${n}`,
        type: `t${n}`,
        from: from("events.many"),
        audience: toBoard,
      })),
    );
    const message: BusMessage = { ...PLAIN, subject: "events.many" };
    expect(route(many, message, decodeMessage(message))).toMatchObject({
      detail: `${start} events.many; declared for it: t1, t2, t3, t4, t5 and 2 more`,
    });
    expect(detailOf(decide("events.other", board))).toBe("no contract declares this subject and type");
  });

  it("calls a room that no contract declares no audience", () => {
    const only = fakeContracts([{ name: "card:moved", from: from("events.cards"), audience: toBoard }], []);
    expect(route(only, PLAIN, decodeMessage(PLAIN))).toMatchObject({ reason: "audience" });
  });

  it("accepts at the last moment before its ttl, and a time in the future", () => {
    expect(decide("events.acme.orders", users, { "ce-time": iso(9 * HOUR + 1) }).kind).toBe("accepted");
    expect(decide("events.acme.orders", users, { "ce-time": iso(99 * HOUR) }).kind).toBe("accepted");
  });

  it("never says a value of the payload", () => {
    const decision = decide("events.cards", { board: "a", bad: "secret-value" });
    expect(JSON.stringify(decision)).not.toContain("secret-value");
  });
});
