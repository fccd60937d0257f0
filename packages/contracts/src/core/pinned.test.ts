/**
 * The wire contract's names, fields and numbers, written out a second time: whoever removes a core event, renames a
 * field, or loosens a limit changes what others rely on, and has to say so here.
 */

import { describe, expect, test } from "vitest";
import { LIMITS } from "../limits.ts";
import { TIMEOUTS } from "../limits-guide.ts";
import { GRAMMAR } from "../names.ts";
import { CLIENT_EVENTS } from "./client-events.ts";
import { CloudEventAttributes, FallbackBody, PRESENCE_EVENTS } from "./cloud-events.ts";
import { Auth, Claims } from "./connect.ts";
import { REQUESTS } from "./requests.ts";
import { SERVER_EVENTS } from "./server-events.ts";
import { CORE_SHAPES } from "./shapes.ts";

/** `room info?`: the fields, those that may be absent with a question mark. */
function fieldsOf(schema: object): string {
  const { properties = {}, required = [] } = schema as { properties?: object; required?: readonly string[] };
  return Object.keys(properties)
    .map((name) => (required.includes(name) ? name : `${name}?`))
    .join(" ");
}

const KIB = 1_024;
const DAY_MS = 86_400_000;

describe("limits", () => {
  const PINNED: Record<string, number> = {
    payloadBytes: 16 * KIB,
    roomPatchBytes: 96 * KIB,
    frameBytes: 64 * KIB,
    encodedBytes: 128 * KIB,
    depth: 32,
    members: 1_024,
    issues: 20,
    clientBytes: 64,
    nameBytes: 128,
    infoBytes: 256,
    roomsPerSession: 100,
    watchedPerSocket: 2_000,
    watchAtOnce: 200,
    membersPage: 500,
    historyPage: 100,
    historyLast: 200,
    inboxPage: 100,
    patchOps: 64,
    stateValueBytes: 8 * KIB,
    stateKeys: 256,
    stateBytes: 256 * KIB,
    usersPerRequest: 1_000,
    audienceUsers: 1_000,
    rosterMembers: 500,
    retainMs: 30 * DAY_MS,
    historySize: 10_000,
    historyTtlMs: 30 * DAY_MS,
    durableTtlMs: 30 * DAY_MS,
    commandTimeoutMs: 30_000,
    ratePerSecond: 10_000,
  };
  test.each(Object.entries(PINNED))("%s is %d", (name, value) => {
    expect(LIMITS[name as keyof typeof LIMITS]).toBe(value);
  });
  test("there are no others", () => expect(Object.keys(LIMITS).toSorted()).toEqual(Object.keys(PINNED).toSorted()));

  test.each([
    ["connect", 5_000],
    ["ack", 10_000],
    ["command", 3_000],
    ["request", 5_000],
    ["fallback", 10_000],
  ] as const)("the %s timeout is %d ms", (name, ms) => expect(TIMEOUTS[name].ms).toBe(ms));
  test("there are no other timeouts", () => expect(Object.keys(TIMEOUTS)).toHaveLength(5));
});

test.each([
  ["event", "^[a-z][a-z0-9-]{0,31}:[a-z][a-z0-9-]{0,31}$"],
  ["user", "^[A-Za-z0-9_.:@|~+=-]{1,128}$"],
  ["session", "^[A-Za-z0-9_.:@|~+=-]{16,64}$"],
  ["room", "^[A-Za-z0-9_.:@~-]{1,128}$"],
  ["stateKey", "^[A-Za-z0-9_.:@~/-]{1,128}$"],
  ["tenant", "^[a-z0-9-]{1,64}$"],
  ["namespace", "^/(?:[a-z0-9-]{1,32})?$"],
  ["install", "^[a-z0-9-]{1,32}$"],
  ["clientId", "^[A-Za-z0-9_-]{1,64}$"],
] as const)("the grammar of %s", (kind, pattern) => expect(GRAMMAR[kind]).toBe(pattern));

describe("client events", () => {
  const PINNED: Record<string, [needs: string | undefined, payload: string, ack: string]> = {
    "room:join": [
      "join or observe",
      "room info? observe? grant? have? last?",
      "room epoch resumed mode count roster state history stale?",
    ],
    "room:leave": [undefined, "room", "room"],
    "room:update": ["membership", "room info", "version"],
    "room:members": ["membership", "room cursor? limit?", "epoch version count members next? stale?"],
    "room:history": ["membership", "room before? after? limit?", "epoch seq events next?"],
    "state:get": ["membership", "room keys? cursor?", "epoch version entries next?"],
    "state:patch": ["membership and state", "room ops", "epoch version"],
    "presence:set": [undefined, "status info?", "version"],
    "presence:watch": ["watch", "users", "users stale?"],
    "presence:unwatch": [undefined, "users", ""],
    "session:refresh": [undefined, "token", "expiresAt"],
    "inbox:ack": [undefined, "epoch seq", "epoch ackSeq unread"],
    "inbox:read": [undefined, "upTo? ids?", "epoch ackSeq unread"],
    "inbox:unread": [undefined, "ids", "epoch ackSeq unread"],
    "inbox:sync": [undefined, "have? before? limit?", "epoch seq unread events next?"],
  };
  test.each(Object.entries(PINNED))("%s", (name, pinned) => {
    const event = CLIENT_EVENTS[name as keyof typeof CLIENT_EVENTS];
    expect([(event as { needs?: string }).needs, fieldsOf(event.payload), fieldsOf(event.ack)]).toEqual(pinned);
  });
  test("there are no others", () => {
    expect(Object.keys(CLIENT_EVENTS).toSorted()).toEqual(Object.keys(PINNED).toSorted());
  });
});

describe("server events", () => {
  const PINNED: Record<string, string> = {
    "session:ready": "session user tenant namespace edge protocol resumed serverTime expiresAt heartbeat limits health",
    "session:fault": "event id? error",
    "session:revoked": "reason",
    "session:expiring": "inMs",
    "session:health": "presence fanout inbox",
    "server:drain": "reconnectInMs",
    "room:roster": "room epoch from to joined? updated? left? count",
    "room:occupancy": "room epoch version count",
    "room:state": "room epoch from to set? deleted?",
    "room:resync": "room streams reason spreadMs",
    "room:removed": "room reason",
    "presence:changed": "changes",
    "presence:resync": "reason spreadMs",
    "inbox:changed": "epoch unread ackSeq read?",
  };
  test.each(Object.entries(PINNED))("%s", (name, fields) => {
    expect(fieldsOf(SERVER_EVENTS[name as keyof typeof SERVER_EVENTS].payload)).toBe(fields);
  });
  test("there are no others", () => {
    expect(Object.keys(SERVER_EVENTS).toSorted()).toEqual(Object.keys(PINNED).toSorted());
  });
});

describe("requests", () => {
  const PINNED: Record<string, [body: string, reply: string]> = {
    "presence.get": ["users", "users stale?"],
    "presence.list": ["cursor? limit?", "users count next? stale?"],
    "presence.sessions": ["user", "sessions stale?"],
    "presence.explain": ["user", "user online epoch? version? visible? cellEpoch brake last? sessions"],
    "room.list": ["namespace prefix? cursor? limit?", "rooms next? stale?"],
    "room.members": ["namespace room cursor? limit?", "epoch version count members next? stale?"],
    "room.state": ["namespace room keys? cursor?", "epoch version entries next?"],
    "room.patch": ["namespace room ops id?", "epoch version"],
    "room.history": ["namespace room before? after? limit?", "epoch seq events next?"],
    "session.revoke": ["user session? room? namespace? issuedBefore? reason", "revoked"],
    emit: ["namespace? to event data id?", "id"],
    "preference.get": ["user", "user mute? quiet?"],
    "preference.set": ["user mute? quiet?", "user mute? quiet?"],
    "delivery.get": ["id user?", "id event trace? steps recipients"],
    "deadletter.list": ["limit? reason? ids? since? until?", "letters"],
    "deadletter.replay": ["limit? reason? ids? since? until? after?", "replayed skipped next?"],
    "deadletter.discard": ["limit? reason? ids? since? until? after?", "discarded next?"],
  };
  test.each(Object.entries(PINNED))("%s", (name, pinned) => {
    const { body, reply } = REQUESTS[name as keyof typeof REQUESTS];
    expect([fieldsOf(body), fieldsOf(reply)]).toEqual(pinned);
  });
  test("there are no others", () => {
    expect(Object.keys(REQUESTS).toSorted()).toEqual(Object.keys(PINNED).toSorted());
  });
});

describe("what presence publishes", () => {
  const user = "tenant user status info? devices visible epoch version at reason";
  const member = "tenant namespace room user epoch version at reason";
  const roster = "tenant namespace room epoch version at reason";
  const PINNED: Record<string, string> = {
    "rollcall.user.online": user,
    "rollcall.user.offline": user,
    "rollcall.user.changed": user,
    "rollcall.room.joined": member,
    "rollcall.room.left": member,
    "rollcall.room.occupied": roster,
    "rollcall.room.vacated": roster,
    "rollcall.room.state": "tenant namespace room epoch version at set deleted",
    "rollcall.presence.epoch": "epoch at",
  };
  test.each(Object.entries(PINNED))("%s", (type, fields) => {
    expect(fieldsOf(PRESENCE_EVENTS[type as keyof typeof PRESENCE_EVENTS].data)).toBe(fields);
  });
  test("there are no others", () => {
    expect(Object.keys(PRESENCE_EVENTS).toSorted()).toEqual(Object.keys(PINNED).toSorted());
  });
});

test.each<[name: string, schema: object, fields: string]>([
  ["auth", Auth, "token session? client? presence? protocol?"],
  ["claims", Claims, "sub exp iat iss? aud? tenant? name? ns? limits? cap"],
  ["a domain event", CloudEventAttributes, "specversion id source type time? tenantid? traceparent?"],
  ["a fallback", FallbackBody, "id event tenant user data ts digest?"],
  ["Meta", CORE_SHAPES.Meta, "id ts from? re? room? seq? inbox? traceparent?"],
  ["Member", CORE_SHAPES.Member, "user name? info? devices since"],
  ["Entry", CORE_SHAPES.Entry, "key value version by? expiresAt? bound?"],
  ["UserPresence", CORE_SHAPES.UserPresence, "user status info? devices? epoch? version?"],
  ["WireError", CORE_SHAPES.WireError, "code message retryable retryAfterMs? details?"],
])("the fields of %s", (_name, schema, fields) => expect(fieldsOf(schema)).toBe(fields));
