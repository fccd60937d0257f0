import { doesNotThrow, throws } from "node:assert/strict";
import { ERROR_CATALOGUE } from "@rollcall/contracts";
import { describe, test } from "vitest";
import { checkAck, checkPresenceEvent, checkServerEvent } from "./conformance.ts";

const meta = { id: "m1", ts: "2026-01-01T00:00:00.000Z" };
const expiring = { inMs: 60_000 };

describe("a server event", () => {
  test("passes when payload and meta are as declared", () => {
    doesNotThrow(() => checkServerEvent("session:expiring", expiring, meta));
    doesNotThrow(() => checkServerEvent("chat:said", { anything: 1 }, { ...meta, seq: 1, room: "doc:1" }));
  });
  test.each<[what: string, payload: unknown, meta: unknown, message: RegExp]>([
    ["a field of another type", { inMs: "60000" }, meta, /session:expiring breaks its contract.*\/inMs/],
    ["a field nobody declared", { ...expiring, extra: 1 }, meta, /says more than its contract declares/],
    ["no meta", expiring, undefined, /meta of session:expiring/],
    ["a meta with more", expiring, { ...meta, extra: 1 }, /meta of session:expiring says more/],
  ])("with %s is a failure", (_what, payload, withMeta, message) => {
    throws(() => checkServerEvent("session:expiring", payload, withMeta), message);
  });
});

describe("an ack", () => {
  test("passes when it is as declared; a relay's data is its contract's business", () => {
    doesNotThrow(() => checkAck("room:leave", { ok: true, data: { room: "doc:1" } }));
    doesNotThrow(() => checkAck("chat:said", { ok: true, data: { anything: 1 } }));
    const { retryable, message } = ERROR_CATALOGUE.FORBIDDEN;
    doesNotThrow(() => checkAck("room:leave", { ok: false, error: { code: "FORBIDDEN", message, retryable } }));
  });
  test.each<[what: string, ack: unknown]>([
    ["no object", "ok"],
    ["neither ok nor not", { data: {} }],
    ["other data", { ok: true, data: {} }],
    ["data that says more", { ok: true, data: { room: "doc:1", extra: 1 } }],
    ["a code of its own", { ok: false, error: { code: "NOPE", message: "", retryable: false } }],
    ["another retryable", { ok: false, error: { code: "TIMEOUT", message: "", retryable: false } }],
  ])("with %s is a failure", (_what, ack) => {
    throws(() => checkAck("room:leave", ack));
  });
});

test("a published transition of an undeclared type is a failure", () => {
  const data = Buffer.from(JSON.stringify({ epoch: "1", at: meta.ts }));
  const typed = (type: string) => ({ headers: { get: () => type } as never, data });
  doesNotThrow(() => checkPresenceEvent(typed("rollcall.presence.epoch")));
  throws(() => checkPresenceEvent(typed("rollcall.presence.other")), /rollcall.presence.other/);
});
