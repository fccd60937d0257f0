import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  FINAL_STATES,
  isFinal,
  type LedgerEvent,
  type LedgerRecord,
  OPEN_STATES,
  parseRecord,
  reduce,
  TRANSITIONS,
} from "./ledger.ts";

const EVENTS: LedgerEvent[] = [
  "ack",
  "due",
  "claim",
  "sent",
  "failed",
  "gone",
  "exhausted",
  "expire",
  "collapse",
  "evict",
  "preference",
];
const fresh: LedgerRecord = { state: "pending", seq: 1, atMs: 0, reason: "", attempts: 0 };
const run = (events: LedgerEvent[], from = fresh) =>
  events.reduce((record, event, n) => reduce(record, event, n), from);
const states = (events: LedgerEvent[]) => run(events).state;
const anyRun = fc.array(fc.constantFrom(...EVENTS), { maxLength: 30, size: "max" });

describe("the ledger", () => {
  it("[L1] never leaves a final state", () => {
    fc.assert(
      fc.property(anyRun, fc.constantFrom(...EVENTS), (events, event) => {
        const record = run(events);
        if (isFinal(record.state)) expect(reduce(record, event, 99)).toBe(record);
      }),
    );
  });

  it("[L2] can always end without an acknowledgement and without a channel", () => {
    fc.assert(
      fc.property(anyRun, (events) => {
        const record = run(events);
        expect(isFinal(run(["failed", "claim", "failed", "expire"], record).state)).toBe(true);
      }),
    );
  });

  it("[L3] an acknowledgement before the first attempt wins", () => {
    expect(states(["ack", "due"])).toBe("acknowledged");
    expect(states(["due", "ack", "claim"])).toBe("acknowledged");
    expect(run(["due", "ack", "claim"]).attempts).toBe(0);
  });

  it("[L4] an acknowledgement during an attempt loses to its success and ends its failure", () => {
    expect(states(["due", "claim", "ack", "sent"])).toBe("fallback");
    expect(states(["due", "claim", "ack", "failed"])).toBe("acknowledged");
    expect(states(["due", "claim", "ack", "exhausted"])).toBe("acknowledged");
  });

  it("[L5] is sent only by an attempt, and acknowledged only by an acknowledgement", () => {
    fc.assert(
      fc.property(anyRun, (events) => {
        const { state } = run(events);
        if (state === "fallback") expect(events).toContain("claim");
        if (state === "acknowledged") expect(events).toContain("ack");
      }),
    );
  });

  it("[L7] a repeated attempt of an acknowledged record is not made", () => {
    expect(states(["due", "claim", "ack", "claim"])).toBe("acknowledged");
  });

  it("[L8] gives a reason exactly to what was suppressed or died", () => {
    fc.assert(
      fc.property(anyRun, (events) => {
        const { state, reason } = run(events);
        expect(reason !== "").toBe(state === "suppressed" || state === "dead");
      }),
    );
    expect(run(["expire"])).toMatchObject({ state: "dead", reason: "ttl" });
    expect(run(["collapse"])).toMatchObject({ state: "suppressed", reason: "collapsed" });
    expect(run(["evict"])).toMatchObject({ state: "dead", reason: "inbox_full" });
    expect(run(["preference"])).toMatchObject({ state: "suppressed", reason: "preference" });
    expect(run(["due", "claim", "gone"])).toMatchObject({ state: "suppressed", reason: "gone" });
    expect(run(["due", "claim", "exhausted"])).toMatchObject({ state: "dead", reason: "exhausted" });
  });

  it("counts the attempts that were begun: a claim that ends an overtaken one begins none", () => {
    expect(run(["due", "claim", "failed", "claim"])).toMatchObject({ state: "attempting", attempts: 2 });
    expect(run(["due", "claim", "claim"])).toMatchObject({ attempts: 2 });
    expect(run(["due", "claim", "ack", "claim"])).toMatchObject({ state: "acknowledged", attempts: 1 });
  });

  it("[L9] nothing but its result ends an attempt", () => {
    for (const event of ["expire", "collapse", "evict", "preference", "due"] as const) {
      expect(states(["due", "claim", event])).toBe("attempting");
    }
    expect(states(["due", "claim", "expire", "failed", "expire"])).toBe("dead");
  });

  it("has the table of SPEC.md", () => {
    const spec = readFileSync(new URL("./SPEC.md", import.meta.url), "utf8");
    const rows = spec
      .split("\n")
      .filter((line) => line.startsWith("|"))
      .map((line) =>
        line
          .split("|")
          .map((text) => text.trim())
          .slice(1, -1),
      );
    expect(rows[0]).toEqual(["from", ...EVENTS]);
    expect(rows.slice(2)).toEqual(
      OPEN_STATES.map((state) => [state, ...EVENTS.map((event) => TRANSITIONS[state][event] ?? "")]),
    );
    for (const state of FINAL_STATES) expect(spec).toContain(`\`${state}\``);
  });

  it("reads records as the scripts write them", () => {
    expect(parseRecord("dead|7|1700000000000|ttl|2")).toEqual({
      state: "dead",
      seq: 7,
      atMs: 1_700_000_000_000,
      reason: "ttl",
      attempts: 2,
    });
  });
});
