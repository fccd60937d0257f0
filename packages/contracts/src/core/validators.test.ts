import { describe, expect, test } from "vitest";
import { LIMITS } from "../limits.ts";
import { CLIENT_EVENTS } from "./client-events.ts";
import {
  isClientEvent,
  validateAuth,
  validateClaims,
  validateClientEvent,
  validateCloudEvent,
  validateFallbackBody,
  validateMeta,
  validatePresenceEvent,
  validateReply,
  validateRequest,
} from "./validators.ts";

const user = "u".repeat(128);
const room = "doc:1";
const ok = (event: string, payload: unknown) => expect(validateClientEvent(event, payload)).toMatchObject({ ok: true });
const refused = (event: string, payload: unknown, pointer: string) =>
  expect(validateClientEvent(event, payload)).toMatchObject({ ok: false, issues: [{ pointer }] });
const deep = (depth: number) => {
  let value: unknown = 1;
  for (let i = 0; i < depth; i++) value = { a: value };
  return value;
};

test("an object of more members than a payload may have is refused, wherever it stands", () => {
  const wide = (members: number) => Object.fromEntries(Array.from({ length: members }, (_, i) => [`m${i}`, 1]));
  ok("room:leave", { room, later: [wide(1_024)] });
  expect(validateClientEvent("room:leave", { room, later: [wide(1_025)] })).toEqual({
    ok: false,
    issues: [{ pointer: "", keyword: "maxMembers", message: "has an object of more than 1024 members" }],
  });
});

describe("client events: at each limit, and one beyond it", () => {
  test.each<[string, unknown, unknown, string]>([
    ["room:join", { room: "r".repeat(128) }, { room: "r".repeat(129) }, "/room"],
    ["room:join", { room, last: 200 }, { room, last: 201 }, "/last"],
    ["room:join", { room, last: 0 }, { room, last: -1 }, "/last"],
    [
      "room:join",
      { room, have: { epoch: "1.1", roster: 0 } },
      { room, have: { epoch: "1.1", roster: -1 } },
      "/have/roster",
    ],
    [
      "room:join",
      { room, have: { epoch: "1.1", state: 1 } },
      { room, have: { epoch: "1.1", state: 1.5 } },
      "/have/state",
    ],
    ["room:join", { room, info: "i".repeat(254) }, { room, info: "i".repeat(255) }, "/info"],
    ["room:join", { room, info: "é".repeat(127) }, { room, info: "é".repeat(128) }, "/info"],
    ["room:join", { room, observe: true }, { room, observe: "true" }, "/observe"],
    ["room:leave", { room }, {}, ""],
    ["room:update", { room, info: null }, { room }, ""],
    ["room:members", { room, limit: 500 }, { room, limit: 501 }, "/limit"],
    ["room:members", { room, limit: 1 }, { room, limit: 0 }, "/limit"],
    ["room:history", { room, limit: 100 }, { room, limit: 101 }, "/limit"],
    ["room:history", { room, before: 0 }, { room, before: -1 }, "/before"],
    ["state:get", { room, keys: ["k".repeat(128)] }, { room, keys: ["k".repeat(129)] }, "/keys/0"],
    ["state:patch", patch(64), patch(65), "/ops"],
    ["state:patch", patch(1), patch(0), "/ops"],
    ["presence:set", { status: "invisible" }, { status: "offline" }, "/status"],
    ["presence:watch", { users: Array(200).fill(user) }, { users: Array(201).fill(user) }, "/users"],
    ["presence:watch", { users: ["a"] }, { users: [] }, "/users"],
    ["presence:watch", { users: ["a"] }, { users: ["a b"] }, "/users/0"],
    ["inbox:ack", { epoch: "1", seq: 0 }, { epoch: "1", seq: -1 }, "/seq"],
    ["inbox:read", { upTo: 1 }, { upTo: 1, ids: ["a"] }, ""],
    ["inbox:sync", { limit: 100 }, { limit: 101 }, "/limit"],
    ["session:refresh", { token: "t" }, { token: 1 }, "/token"],
  ])("%s accepts %j and refuses %j", (event, good, bad, pointer) => {
    ok(event, good);
    refused(event, bad, pointer);
  });

  function patch(count: number) {
    return { room, ops: Array.from({ length: count }, (_, i) => ({ op: "set", key: `k${i}`, value: i })) };
  }
});

test.each(Object.keys(CLIENT_EVENTS))("%s: no value of a wrong type passes, none throws", (event) => {
  for (const payload of [undefined, null, 1, "x", true, [], () => {}, Number.NaN, deep(100_000)]) {
    expect(validateClientEvent(event, payload).ok, typeof payload).toBe(false);
  }
});

test("extra fields are dropped on a copy, `__proto__` among them; what is declared stays", () => {
  const payload = JSON.parse('{"room":"doc:1","extra":1,"__proto__":{"polluted":1},"have":{"epoch":"1","more":2}}');
  const result = validateClientEvent("room:join", payload);
  expect(result).toEqual({ ok: true, value: { room: "doc:1", have: { epoch: "1" } } });
  expect(Object.hasOwn(payload, "extra")).toBe(true);
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
});

test("a state value is the user's: nothing in it is dropped", () => {
  const value = { any: [{ thing: 1 }] };
  const ops = [{ op: "set", key: "k", value, extra: 1, if: { version: 3 } }];
  expect(validateClientEvent("state:patch", { room, ops })).toEqual({
    ok: true,
    value: { room, ops: [{ op: "set", key: "k", value, if: { version: 3 } }] },
  });
});

test("issues name where and what, never the value", () => {
  const secret = "hunter2 with spaces";
  const result = validateClientEvent("room:join", { room: secret, info: secret.repeat(50) });
  expect(result.ok).toBe(false);
  expect(JSON.stringify(result)).not.toContain("hunter2");
});

test("an event no contract declares", () => {
  for (const event of ["room:joint", "__proto__", "constructor", "disconnect", "", "toString"]) {
    expect(isClientEvent(event)).toBe(false);
    expect(validateClientEvent(event, {}).ok).toBe(false);
  }
});

describe("meta", () => {
  test("absent, null, extra fields and a malformed traceparent are fine", () => {
    expect(validateMeta(undefined)).toEqual({ ok: true, value: {} });
    expect(validateMeta(null)).toEqual({ ok: true, value: {} });
    expect(validateMeta({ id: "a-1", traceparent: 7, other: 1 })).toEqual({ ok: true, value: { id: "a-1" } });
    expect(validateMeta({ traceparent: "nonsense" })).toEqual({ ok: true, value: { traceparent: "nonsense" } });
  });
  test.each([[{ id: "a b" }], [{ id: "" }], [{ id: "x".repeat(65) }], [{ id: 1 }], ["text"], [[]]])(
    "%j is refused",
    (meta) => {
      expect(validateMeta(meta).ok).toBe(false);
    },
  );
});

describe("claims", () => {
  const good = { sub: "ada", exp: 2_000, iat: 1_000, cap: {} };
  test("the least, and all of it", () => {
    expect(validateClaims(good).ok).toBe(true);
    const all = { iss: "i", aud: ["a"], tenant: "t", name: "Ada", ns: ["/", "/x"], limits: { rooms: 5 } };
    expect(validateClaims({ ...good, ...all, cap: { "room:*": ["join"] } }).ok).toBe(true);
  });
  test.each([
    ["sub", undefined],
    ["sub", "a b"],
    ["sub", "x".repeat(129)],
    ["exp", undefined],
    ["exp", "2000"],
    ["exp", 10.5],
    ["exp", -1],
    ["iat", undefined],
    ["iat", -1],
    ["tenant", "Main"],
    ["name", "é".repeat(65)],
    ["ns", []],
    ["ns", ["x"]],
    ["limits", { rooms: 0 }],
    ["cap", undefined],
    ["cap", []],
    ["cap", { "room:*": "join" }],
    ["cap", { "room:*": ["Join"] }],
  ])("%s = %j is refused", (claim, value) => {
    const { [claim as "sub"]: _old, ...rest } = good;
    expect(validateClaims(value === undefined ? rest : { ...good, [claim]: value }).ok).toBe(false);
  });
});

test("auth: limits of client and session, any integer protocol", () => {
  expect(validateAuth({ token: "t", session: "s".repeat(16), client: "c".repeat(64), protocol: 2 }).ok).toBe(true);
  for (const bad of [{}, { token: 1 }, { token: "t", session: "short" }, { token: "t", client: "c".repeat(65) }]) {
    expect(validateAuth(bad).ok, JSON.stringify(bad)).toBe(false);
  }
});

test("requests: users up to their limit, exactly one audience", () => {
  const users = Array.from({ length: LIMITS.usersPerRequest }, (_, i) => `u${i}`);
  expect(validateRequest("presence.get", { users }).ok).toBe(true);
  expect(validateRequest("presence.get", { users: [...users, "one-more"] }).ok).toBe(false);
  const data = { event: "a:b", data: 1 };
  expect(validateRequest("emit", { ...data, to: { room } }).ok).toBe(true);
  for (const to of [{}, { room, users: ["a"] }, { users: [] }, undefined]) {
    expect(validateRequest("emit", { ...data, to }).ok, JSON.stringify(to)).toBe(false);
  }
});

test("a domain event says who it is: four attributes, printable and bounded", () => {
  const event = { specversion: "1.0", id: "7", source: "shop", type: "order.shipped" };
  expect(validateCloudEvent({ ...event, time: "yesterday", traceparent: 1, extra: 1 })).toEqual({
    ok: true,
    value: { ...event, time: "yesterday", traceparent: 1 },
  });
  for (const name of Object.keys(event)) {
    const { [name as "id"]: _missing, ...rest } = event;
    expect(validateCloudEvent(rest).ok, name).toBe(false);
    for (const bad of ["", "x".repeat(1_025), "a\nb", 7]) {
      expect(validateCloudEvent({ ...event, [name]: bad }).ok, `${name} ${JSON.stringify(bad)}`).toBe(false);
    }
  }
  expect(validateCloudEvent({ ...event, specversion: "0.3" }).ok).toBe(false);
});

test("what presence publishes, and what fallback channels carry", () => {
  const stamp = { epoch: "1.1", version: 1, at: "2026-01-01T00:00:00.000Z" };
  const joined = { tenant: "main", namespace: "/", room, user: "ann", ...stamp, reason: "connect" };
  expect(validatePresenceEvent("rollcall.room.joined", joined).ok).toBe(true);
  const { user: _nobody, ...occupied } = joined;
  expect(validatePresenceEvent("rollcall.room.joined", occupied).ok).toBe(false);
  expect(validatePresenceEvent("rollcall.room.occupied", occupied).ok).toBe(true);
  expect(validatePresenceEvent("rollcall.room.exploded", joined).ok).toBe(false);
  const body = { id: "m1", event: "order:shipped", tenant: "main", user: "ann", data: null, ts: stamp.at };
  expect(validateFallbackBody(body).ok).toBe(true);
  expect(validateFallbackBody({ ...body, event: "order" }).ok).toBe(false);
});

test("answers to requests, and no answer to what is none", () => {
  expect(validateReply("session.revoke", { revoked: 0 }).ok).toBe(true);
  expect(validateReply("session.revoke", {}).ok).toBe(false);
  expect(validateReply("session.invent", {}).ok).toBe(false);
});
