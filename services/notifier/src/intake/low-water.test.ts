import { describe, expect, it } from "vitest";
import { markIn } from "./low-water.ts";

describe("a low-water mark", () => {
  const mark = { created: "2026-01-01T00:00:00Z", sequence: 7 };
  it.each([
    ["in the stream it was made in", mark.created, 20, 7],
    ["at the end of it", mark.created, 6, 7],
    ["beyond its end: it was restored to an earlier state", mark.created, 5, undefined],
    ["in another life of it", "2026-01-02T00:00:00Z", 20, undefined],
  ])("%s", (_what, created, last, expected) => {
    expect(markIn({ created, last }, mark)).toBe(expected);
    expect(markIn({ created, last }, undefined)).toBeUndefined();
  });
});
