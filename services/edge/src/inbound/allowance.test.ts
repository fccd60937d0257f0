import { Buckets, ManualClock } from "@rollcall/runtime";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Session } from "../clients/session.ts";
import { Allowance } from "./allowance.ts";
import type { Command } from "./command.ts";

const session = (user = "ann", tenant = "main") =>
  ({
    ref: { tenant, user },
    limits: { eventsPerSecond: 10 },
    buckets: new Buckets(),
    inFlight: 0,
  }) as unknown as Session;
const command = (event: string, perSecond?: number) =>
  ({ event, ...(perSecond === undefined ? {} : { rate: { perSecond } }) }) as Command;

describe("allowance", () => {
  let clock: ManualClock;
  let allowance: Allowance;
  beforeEach(() => {
    clock = new ManualClock();
    allowance = new Allowance(
      {
        sessionBytes: { perSecond: 1_000, burst: 2_000 },
        sessionJoins: { perSecond: 1, burst: 3 },
        user: { perSecond: 15 },
        tenant: { perSecond: 25 },
        maxInFlight: 5,
        ackTimeoutMs: 10_000,
      },
      clock,
    );
  });
  afterEach(() => allowance.close());
  const passed = (who: Session, what: Command, times: number, bytes = 0) =>
    Array.from({ length: times }, () => allowance.take(who, what, bytes)).filter((waitMs) => waitMs === 0).length;

  it("a session has its messages a second; a rate of its own replaces them for that event", () => {
    const ann = session();
    expect(passed(ann, command("room:leave"), 20)).toBe(10);
    expect(passed(ann, command("cursor:moved", 3), 20)).toBe(3);
    expect(passed(session("bob"), command("cursor:moved", 3), 20)).toBe(3);
  });

  it("bytes count beside messages, and joins beside both", async () => {
    const ann = session();
    expect(passed(ann, command("chat:said", 100), 5, 900)).toBe(2);
    expect(passed(session("bob"), command("room:join"), 10)).toBe(3);
    await clock.advance(1_000);
    expect(passed(ann, command("chat:said", 100), 5, 900)).toBe(1);
  });

  it("sessions of one user share its bound, users of one tenant theirs, and tenants share nothing", () => {
    const fast = command("chat:said", 100);
    expect(passed(session(), fast, 10) + passed(session(), fast, 10)).toBe(15);
    expect(passed(session("bob"), fast, 20)).toBe(10);
    expect(passed(session("ann", "other"), fast, 20)).toBe(15);
  });

  it("what is not answered yet is bounded; the time to wait is when all of it is answered at the latest", () => {
    const ann = session();
    ann.inFlight = 5;
    expect(allowance.take(ann, command("room:leave"), 0)).toBe(10_000);
    ann.inFlight = 4;
    expect(allowance.take(ann, command("room:leave"), 0)).toBe(0);
  });

  it("[P16] who is silent again holds no buckets", async () => {
    const ann = session();
    expect(passed(ann, command("room:join"), 3)).toBe(3);
    expect(ann.buckets.size).toBeGreaterThan(0);
    await clock.advance(20_000);
    expect(ann.buckets.size).toBe(0);
    expect(passed(ann, command("room:join"), 10)).toBe(3);
  });
});
