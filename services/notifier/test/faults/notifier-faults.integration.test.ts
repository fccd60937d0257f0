import { describe, expect, it } from "vitest";
import { faults } from "./faults.ts";
import { runFault } from "./stage.ts";

/** The campaign does the same with 20,000 events each, and outages at their true length. */
const lengths = { natsMs: 2_000, redisMs: 1_000, providerMs: 1_000, jumpMs: 60_000, betweenMs: 300 };
const EVENTS = 500;
/** Deaths have a test each; devices at a real edge and a Redis with a clock of its own are the campaign's. */
const chosen = faults(lengths).filter(
  ({ name, part }) => part !== "deaths" && !/every 100 ms|^Redis's clock/.test(name),
);

describe("the notifier under faults", () => {
  it.each(chosen)(
    "[D1] [D2] [D3] [D4] $name: nothing lost, repeated or out of order",
    async (fault) => {
      const result = await runFault(fault, EVENTS, 120_000);
      expect(result).toMatchObject({ events: EVENTS, lost: [], repeated: [], reordered: [], contradicted: [] });
      const { acknowledged = 0, fallback = 0 } = result.states;
      expect(acknowledged + fallback).toBe(result.recipients);
    },
    240_000,
  );
});
