import { describe, expect, it } from "vitest";
import { clientAddress } from "./address.ts";
import { type AdmissionFacts, admissionRefusal, retryAfterS } from "./admission.ts";

const limits = { maxConnections: 10, maxHandshakes: 5, maxPerAddress: 3, maxLoopDelayMs: 200, maxHeapBytes: 1_000 };
const calm: AdmissionFacts = {
  draining: false,
  logLive: true,
  connections: 9,
  handshakes: 4,
  ofAddress: 2,
  loopDelayMs: 200,
  heapUsedBytes: 1_000,
};

describe("admission", () => {
  it("accepts up to each limit", () => {
    expect(admissionRefusal(calm, limits)).toBeUndefined();
  });

  it.each<[Partial<AdmissionFacts>, string]>([
    [{ draining: true }, "DRAINING"],
    [{ logLive: false }, "UNAVAILABLE"],
    [{ connections: 10 }, "OVERLOADED"],
    [{ handshakes: 5 }, "OVERLOADED"],
    [{ ofAddress: 3 }, "OVERLOADED"],
    [{ loopDelayMs: 201 }, "OVERLOADED"],
    [{ heapUsedBytes: 1_001 }, "OVERLOADED"],
  ])("refuses %j as %s", (facts, refusal) => {
    expect(admissionRefusal({ ...calm, ...facts }, limits)).toBe(refusal);
  });

  it("spreads returning clients over whole seconds", () => {
    expect(new Set([0, 0.3, 0.6, 0.999].map(retryAfterS))).toEqual(new Set([1, 2, 3, 4]));
  });
});

describe("client address", () => {
  it.each([
    ["10.0.0.1", undefined, 1, "10.0.0.1"],
    ["10.0.0.1", "6.6.6.6", 0, "10.0.0.1"],
    ["10.0.0.1", "6.6.6.6, 1.2.3.4", 1, "1.2.3.4"],
    ["10.0.0.1", "6.6.6.6, 1.2.3.4, 10.0.0.9", 2, "1.2.3.4"],
    ["10.0.0.1", "1.2.3.4", 2, "1.2.3.4"],
    ["10.0.0.1", ",", 1, "10.0.0.1"],
    ["10.0.0.1", "x".repeat(65), 1, "10.0.0.1"],
  ])("of peer %s with %s behind %i proxies is %s", (peer, header, proxies, address) => {
    expect(clientAddress(peer, header, proxies)).toBe(address);
  });
});
