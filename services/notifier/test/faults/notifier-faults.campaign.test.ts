/**
 * `./rollcall test campaign notifier-faults`: every fault at its true length. Settings: `FAULT_EVENTS` (20,000 of each),
 * `FAULT_PROVIDER_S` (600), `FAULT_ONLY` (a part of a fault's name). A whole run writes the table of docs/reliability.md.
 */

import { processEnv } from "@rollcall/runtime";
import { afterAll, describe, expect, it } from "vitest";
import { faults } from "./faults.ts";
import { runFault } from "./stage.ts";
import { type Row, writeTable } from "./table.ts";

const { FAULT_EVENTS = "20000", FAULT_PROVIDER_S = "600", FAULT_ONLY = "" } = processEnv();
const events = Number(FAULT_EVENTS);
const lengths = { natsMs: 60_000, redisMs: 30_000, providerMs: Number(FAULT_PROVIDER_S) * 1_000, betweenMs: 2_000 };
const chosen = faults(lengths).filter(({ name }) => name.includes(FAULT_ONLY));

describe("the notifier under faults, at length", () => {
  const rows: Row[] = [];
  afterAll(() => {
    if (FAULT_ONLY === "") writeTable(rows);
  });

  it.each(chosen)("[D1] [D2] [D3] [D4] $name: nothing lost, repeated or out of order", async ({ name, ...fault }) => {
    const result = await runFault({ name, ...fault }, events, 1_800_000);
    rows.push({ fault: name, ...result });
    console.log(name, result);
    expect(result).toMatchObject({ events, lost: [], repeated: [], reordered: [], contradicted: [] });
    const { acknowledged = 0, fallback = 0 } = result.states;
    expect(acknowledged + fallback).toBe(result.recipients);
  });
});
