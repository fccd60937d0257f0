import { describe, expect, it } from "vitest";
import { type BusMessage, decodeMessage } from "./cloud-event.ts";

const text = (value: string) => new TextEncoder().encode(value);

function message(headers: Record<string, string>, body: string | Uint8Array): BusMessage {
  return {
    subject: "events.orders.shipped",
    headers: new Map(Object.entries(headers)),
    body: typeof body === "string" ? text(body) : body,
    stream: "EVENTS",
    streamCreated: "2026-01-02T03:04:05Z",
    sequence: 42,
    arrivedAtMs: 1_000,
  };
}

const binary = { "ce-specversion": "1.0", "ce-id": "7", "ce-source": "shop", "ce-type": "order.shipped" };
const without = (name: string) => Object.fromEntries(Object.entries(binary).filter(([key]) => key !== name));
const envelope = { specversion: "1.0", id: "7", source: "shop", type: "order.shipped", data: { n: 1 } };
const structured = { "content-type": "application/cloudevents+json; charset=utf-8" };

function eventOf(headers: Record<string, string>, body: string) {
  const decoded = decodeMessage(message(headers, body));
  if (!decoded.ok) throw new Error(decoded.fault.detail);
  return decoded.event;
}

describe("a bus message", () => {
  it("is a binary CloudEvent by its ce- headers", () => {
    const event = eventOf(
      {
        ...binary,
        "ce-time": "2026-01-01T00:00:00Z",
        "ce-tenantid": "acme",
        traceparent: "hop",
        "ce-traceparent": "origin",
      },
      '{"n":1}',
    );
    expect(event).toEqual({
      source: "shop",
      id: "7",
      type: "order.shipped",
      timeMs: Date.parse("2026-01-01T00:00:00Z"),
      tenantId: "acme",
      traceparent: "hop",
      origin: "origin",
      data: { n: 1 },
    });
  });

  it("is a structured CloudEvent by its content type", () => {
    const body = JSON.stringify({ ...envelope, tenantid: "acme", traceparent: "origin" });
    expect(eventOf({ ...structured, traceparent: "hop" }, body)).toEqual({
      source: "shop",
      id: "7",
      type: "order.shipped",
      tenantId: "acme",
      traceparent: "hop",
      origin: "origin",
      data: { n: 1 },
    });
    expect(eventOf(structured, JSON.stringify({ ...envelope, data: undefined })).data).toBeNull();
    const encoded = { ...envelope, data: undefined, data_base64: Buffer.from('{"n":2}').toString("base64") };
    expect(eventOf(structured, JSON.stringify(encoded)).data).toEqual({ n: 2 });
  });

  it("is plain JSON otherwise: subject as type and source, the message id or its place in the stream as id", () => {
    const subject = "events.orders.shipped";
    expect(eventOf({}, "[1]")).toEqual({ source: subject, type: subject, id: "2026-01-02T03:04:05Z-42", data: [1] });
    expect(eventOf({ "nats-msg-id": "m-1" }, "[1]").id).toBe("m-1");
    expect(eventOf({ "ce-tenantid": "acme" }, "[1]")).toMatchObject({ source: subject, tenantId: "acme" });
  });

  it("has percent-encoded header values decoded, and a stray percent sign taken as it is", () => {
    expect(eventOf({ ...binary, "ce-source": "caf%C3%A9" }, "1").source).toBe("café");
    expect(eventOf({ ...binary, "ce-id": "100%" }, "1").id).toBe("100%");
  });

  it("has a time only when it is one, and any trace header is left for the tracer to judge", () => {
    expect(eventOf({ ...binary, "ce-time": "yesterday" }, "1")).not.toHaveProperty("timeMs");
    expect(eventOf({ ...binary, traceparent: "00-zz" }, "1").traceparent).toBe("00-zz");
  });

  const long = "x".repeat(1_025);
  const bad: [
    what: string,
    headers: Record<string, string>,
    body: string | Uint8Array,
    reason: string,
    detail: RegExp,
  ][] = [
    ["nothing", {}, "", "json", /empty/],
    ["no JSON", binary, "{", "json", /not JSON/],
    ["no UTF-8", binary, new Uint8Array([0x22, 0xff, 0x22]), "json", /UTF-8/],
    ["deep nesting", {}, "[".repeat(100_000), "json", /nested/],
    ["no JSON in the envelope", structured, "nope", "json", /not JSON/],
    ["no JSON in data_base64", structured, JSON.stringify({ ...envelope, data_base64: "!!" }), "json", /./],
    ["data_base64 of another type", structured, JSON.stringify({ ...envelope, data_base64: 1 }), "payload", /string/],
    ["an envelope that is a list", structured, "[]", "payload", /object/],
    ["an envelope that is null", structured, "null", "payload", /object/],
    ["a batch", { "content-type": "application/cloudevents-batch+json" }, "[]", "payload", /batch/],
    ["no ce-id", without("ce-id"), "1", "payload", /ce-id is missing/],
    ["no ce-source", without("ce-source"), "1", "payload", /ce-source is missing/],
    ["no ce-type", without("ce-type"), "1", "payload", /ce-type is missing/],
    ["no ce-specversion", without("ce-specversion"), "1", "payload", /ce-specversion is missing/],
    ["another specversion", { ...binary, "ce-specversion": "0.3" }, "1", "payload", /specversion/],
    ["an empty id", { ...binary, "ce-id": "" }, "1", "payload", /ce-id/],
    ["a long source", { ...binary, "ce-source": long }, "1", "payload", /ce-source/],
    ["an id with a line break", { ...binary, "ce-id": "a%0Ab" }, "1", "payload", /ce-id/],
    ["no id in the envelope", structured, JSON.stringify({ ...envelope, id: undefined }), "payload", /^id is missing/],
    ["an id that is a number", structured, JSON.stringify({ ...envelope, id: 7 }), "payload", /^id must/],
    ["a tenant that is none", structured, JSON.stringify({ ...envelope, tenantid: {} }), "payload", /tenantid/],
  ];
  it.each(bad)("with %s is a fault and never an exception", (_what, headers, body, reason, detail) => {
    const decoded = decodeMessage(message(headers, body));
    expect(decoded).toMatchObject({ ok: false, fault: { reason } });
    expect(decoded.ok ? "" : decoded.fault.detail).toMatch(detail);
  });

  it("keeps what can be known of its identity in the fault", () => {
    expect(decodeMessage(message(binary, "{"))).toMatchObject({ fault: { source: "shop", id: "7" } });
    expect(decodeMessage(message(without("ce-id"), "1"))).toMatchObject({ fault: { source: "shop" } });
  });

  it("inherits nothing from Object.prototype", () => {
    const body = '{"specversion":"1.0","id":"7","source":"s","type":"t","__proto__":{"data":{"evil":true}}}';
    expect(eventOf(structured, body).data).toBeNull();
  });
});
