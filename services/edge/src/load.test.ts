import { describe, expect, it } from "vitest";
import { drainMs, type EdgeLoad } from "./load.ts";

const edge = (free: number, admissionsPerSecond = 1_000): EdgeLoad => ({ edge: "e", free, admissionsPerSecond });

describe("pace of a drain", () => {
  it("follows what the others admit, half of it left for everyone else", () => {
    expect(drainMs(1_000, [edge(20_000)], 20_000)).toBe(2_000);
    expect(drainMs(1_000, [edge(20_000), edge(20_000)], 20_000)).toBe(1_000);
    expect(drainMs(0, [edge(20_000)], 20_000)).toBe(0);
  });

  it("is slow where there is little room, and as slow as it may be where nobody says anything", () => {
    expect(drainMs(1_000, [edge(100)], 60_000)).toBe(20_000);
    expect(drainMs(1_000, [edge(0)], 20_000)).toBe(20_000);
    expect(drainMs(1_000, [], 20_000)).toBe(20_000);
  });
});
