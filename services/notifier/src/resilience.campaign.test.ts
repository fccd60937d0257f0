import { describe, expect, it } from "vitest";
import { faults, runFault } from "../test/resilience.ts";

describe("the notifier under faults, at length", () => {
  it.each(faults(60_000))("[D1] [D2] [D3] [D4] $name: nothing lost, repeated or out of order", async (fault) => {
    const { events, recipients, states, lost, repeated, reordered } = await runFault(fault, 20_000, 1_200_000);
    console.log(
      `| ${fault.name} | ${events} | ${recipients} | ${JSON.stringify(states)} | ${lost.length} | ${repeated.length} |`,
    );
    expect({ lost, repeated, reordered }).toEqual({ lost: [], repeated: [], reordered: [] });
    expect(events).toBe(20_000);
  });
});
