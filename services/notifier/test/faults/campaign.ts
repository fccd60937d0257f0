/**
 * The campaign `notifier-faults`: every fault at its true length, a file for each part, so that each may be run alone:
 * `./rollcall test campaign notifier-faults` or, for example, `notifier-faults-stores`. Settings: `FAULT_EVENTS` (20,000
 * of each), `FAULT_PROVIDER_S` (600), `FAULT_ONLY` (a part of a fault's name). A run at full length writes its rows into
 * docs/reliability.md.
 */

import { processEnv, systemClock } from "@rollcall/runtime";
import { describe, expect, it } from "vitest";
import { faults } from "./faults.ts";
import { type Fault, runFault } from "./stage.ts";
import { writeRow } from "./table.ts";

const WHOLE = { FAULT_EVENTS: "20000", FAULT_PROVIDER_S: "600" };
const given = { ...WHOLE, FAULT_ONLY: "", ...processEnv() };
const events = Number(given.FAULT_EVENTS);
const isWhole = given.FAULT_EVENTS === WHOLE.FAULT_EVENTS && given.FAULT_PROVIDER_S === WHOLE.FAULT_PROVIDER_S;
const all = faults({
  natsMs: 60_000,
  redisMs: 30_000,
  providerMs: Number(given.FAULT_PROVIDER_S) * 1_000,
  jumpMs: 60_000,
  betweenMs: 2_000,
});
const TIMEOUT_MS = 1_800_000;

export function campaign(part: Fault["part"]): void {
  const chosen = all.filter((fault) => fault.part === part && fault.name.includes(given.FAULT_ONLY));
  describe.runIf(chosen.length > 0)(`the notifier under faults, at length: ${part}`, () => {
    it.each(chosen)("[D1] [D2] [D3] [D4] $name: nothing lost, repeated or out of order", async (fault) => {
      const beganMs = systemClock.monotonic();
      const result = await runFault(fault, events, TIMEOUT_MS);
      const row = { fault: fault.name, ...result, tookMs: systemClock.monotonic() - beganMs };
      console.log(row);
      expect(result).toMatchObject({ lost: [], repeated: [], reordered: [], contradicted: [] });
      expect(result.events).toBeGreaterThanOrEqual(events); // what leads to a death may publish beside them
      const { acknowledged = 0, fallback = 0 } = result.states;
      expect(acknowledged + fallback).toBe(result.recipients);
      if (isWhole) {
        writeRow(
          row,
          all.map(({ name }) => name),
        );
      }
    });
  });
}
