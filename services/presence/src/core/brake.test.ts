import { describe, expect, test } from "vitest";
import { isMassExpiry, mayRelease } from "./brake.ts";

describe("[W3] many leases at once", () => {
  test.each([
    ["none", 0, 5, 10, false],
    ["one of two", 1, 0, 2, false],
    ["two of two", 2, 0, 2, true],
    ["two of seven", 2, 0, 7, false],
    ["two of six", 2, 0, 6, true],
    ["one now, one within the last lease, of six", 1, 1, 6, true],
    ["29 of 100", 29, 0, 100, false],
    ["30 of 100", 30, 0, 100, true],
  ])("%s", (_name, expired, recent, known, mass) => {
    expect(isMassExpiry(expired, recent, known)).toBe(mass);
  });
});

describe("[W4][P15] the brake ends", () => {
  const bounds = { leaseMs: 6_000, brakeMs: 30_000 };
  test.each([
    ["leases: as soon as all have renewed", { reason: "leases", spentMs: 0 }, 0, true],
    ["leases: not while one has not", { reason: "leases", spentMs: 29_999 }, 1, false],
    ["outage: not within a lease", { reason: "outage", spentMs: 5_999 }, 0, false],
    ["outage: a lease later", { reason: "outage", spentMs: 6_000 }, 0, true],
    ["epoch: not while one has not renewed", { reason: "epoch", spentMs: 6_000 }, 1, false],
    ["whatever has not renewed, after its time", { reason: "epoch", spentMs: 30_000 }, 9, true],
  ] as const)("%s", (_name, brake, unrenewed, ends) => {
    expect(mayRelease(brake, unrenewed, bounds)).toBe(ends);
  });
});
