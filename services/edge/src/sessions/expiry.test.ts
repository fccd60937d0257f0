import { expect, it } from "vitest";
import { dueOf, type Ends, nextAtMs } from "./expiry.ts";

const END = 1_000_000;
const token = (more: Partial<Ends> = {}): Ends => ({
  ...{ expiresAtMs: END, warnedOf: undefined, grantEndsAtMs: undefined },
  ...more,
});
const warned = token({ warnedOf: END });

it("a token is warned of once, a minute before its end, and has ended at it", () => {
  expect([END - 60_001, END - 60_000, END - 1, END].map((now) => dueOf(token(), now))).toEqual([
    ...["nothing", "warning", "warning", "expired"],
  ]);
  expect([END - 60_000, END - 1, END].map((now) => dueOf(warned, now))).toEqual(["nothing", "nothing", "expired"]);
});

it("a newer token is warned of again", () => {
  expect(dueOf(token({ warnedOf: END - 500_000 }), END - 1)).toBe("warning");
});

it("is looked at when the warning is due, then at the end, and whenever a grant ends before", () => {
  expect(nextAtMs(token(), 0)).toBe(END - 60_000);
  expect(nextAtMs(token(), END - 10)).toBe(END - 10); // already late: at once
  expect(nextAtMs(warned, END - 10)).toBe(END);
  expect(nextAtMs(token({ grantEndsAtMs: 5_000 }), 0)).toBe(5_000);
  expect(nextAtMs(token({ grantEndsAtMs: END + 5_000, warnedOf: END }), 0)).toBe(END);
});
