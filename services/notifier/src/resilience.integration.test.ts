import { describe, expect, it } from "vitest";
import { faults, runFault } from "../test/resilience.ts";

describe("the notifier under faults", () => {
  it.each(faults(4_000))(
    "[D1] [D2] [D3] [D4] $name: nothing lost, repeated or out of order",
    async (fault) => {
      const result = await runFault(fault, 500, 90_000);
      expect(result).toMatchObject({ events: 500, lost: [], repeated: [], reordered: [] });
      expect(Object.keys(result.states)).toEqual(["fallback"]);
    },
    120_000,
  );
});
