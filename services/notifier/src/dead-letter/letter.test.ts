import { subjectsOf } from "@rollcall/contracts";
import { describe, expect, it } from "vitest";
import type { BusMessage } from "../streams/cloud-event.ts";
import { writeLetter } from "./letter.ts";

const subjects = subjectsOf("rollcall");
const options = { traceparent: "00-consume", maxPayload: 1024 * 1024 };
const message: BusMessage = {
  subject: "events.x",
  headers: new Map([
    ["ce-id", "7"],
    ["nats-msg-id", "m-7"],
  ]),
  body: new TextEncoder().encode("{}"),
  stream: "EVENTS",
  streamCreated: "2026-01-01T00:00:00Z",
  sequence: 9,
  arrivedAtMs: 0,
};
const original: [string, string][] = [
  ["ce-id", "7"],
  ["Nats-Msg-Id", "m-7"],
  ["Nats-Rollup", "all"],
  ["rollcall-reason", "forged"],
];
const dead = { kind: "dead", reason: "payload", detail: "bad\r\nrollcall-x: 1", source: "shop", id: "7" } as const;

describe("a dead letter", () => {
  it("carries reason, origin and identity, and the original's own headers but those the server acts on", () => {
    const letter = writeLetter(subjects, message, original, dead, options);
    expect(letter.subject).toBe("rollcall.deadletter.payload");
    expect(letter.body).toBe(message.body);
    expect(letter.headers).toEqual([
      ["ce-id", "7"],
      ["rollcall-reason", "payload"],
      ["rollcall-detail", "bad rollcall-x: 1"],
      ["rollcall-subject", "events.x"],
      ["rollcall-stream", "EVENTS"],
      ["rollcall-sequence", "9"],
      ["rollcall-source", "shop"],
      ["rollcall-id", "7"],
      ["rollcall-msg-id", "m-7"],
      ["traceparent", "00-consume"],
    ]);
  });

  it("keeps a traceparent that came with the message", () => {
    const traced = { ...message, headers: new Map([["traceparent", "00-hop"]]) };
    const letter = writeLetter(subjects, traced, [["traceparent", "00-hop"]], dead, options);
    expect(letter.headers.filter(([name]) => name === "traceparent")).toEqual([["traceparent", "00-hop"]]);
  });

  it("has one id for every copy of a message, and another in another life of the stream", () => {
    const id = (change: Partial<BusMessage>) =>
      writeLetter(subjects, { ...message, ...change }, original, dead, options).msgId;
    expect(id({})).toBe(id({}));
    expect(id({ streamCreated: "2026-01-02T00:00:00Z" })).not.toBe(id({}));
    expect(id({ sequence: 10 })).not.toBe(id({}));
  });

  it("leaves out a body that the server would refuse, and says its size", () => {
    const letter = writeLetter(subjects, { ...message, body: new Uint8Array(2_000) }, original, dead, {
      ...options,
      maxPayload: 5_000,
    });
    expect(letter.body).toHaveLength(0);
    expect(letter.headers).toContainEqual(["rollcall-truncated", "2000"]);
  });
});
