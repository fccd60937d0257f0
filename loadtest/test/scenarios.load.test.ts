/**
 * The smoke profile of every scenario against one cluster: those that break nothing beside each other, then the others.
 * What must not happen must not have happened, and everything must have been measured; how fast it was is shown, not
 * asserted, and waited for patiently: this machine may be slow and do other things.
 */

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Result } from "../lib/report/result.ts";
import { type Checkout, makeCheckout } from "./checkout.ts";
import { k6 } from "./k6.ts";

const BASE_PORT = "25000";
const PATIENCE = "6";
const MISSED = 99;
const scenarios = readdirSync(join(import.meta.dirname, "../scenarios")).map((file) => file.replace(/\.ts$/, ""));
const breaking = ["chaos", "deploy"];

if (k6 !== undefined) runScenarios();
else test("k6 is not to be had here: no scenario was run", () => {});

function runScenarios(): void {
  let checkout: Checkout;
  beforeAll(async () => {
    checkout = makeCheckout({ PATIENCE });
    const { code, output } = await checkout.rollcall("up", "--detach", "--fresh", "--base-port", BASE_PORT);
    expect(code, output).toBe(0);
  });
  afterAll(async () => {
    await checkout.rollcall("down");
    checkout.remove();
  });

  const run = async (scenario: string): Promise<void> => {
    const out = join(checkout.folder, "out");
    const { code, output } = await checkout.rollcall("loadtest", scenario, "--quiet", "--out", out);
    console.log(output);
    const file = join(out, `${scenario}-smoke.json`);
    expect(existsSync(file), output).toBe(true);
    const { passed, verdicts } = JSON.parse(readFileSync(file, "utf8")) as Result;
    const unmet = verdicts.filter((verdict) => !verdict.passed && (verdict.unit === "" || verdict.samples === 0));
    expect(unmet, output).toEqual([]);
    expect(code, output).toBe(passed ? 0 : MISSED);
  };
  describe.concurrent("beside each other", () => {
    test.each(scenarios.filter((name) => !breaking.includes(name)))("%s", run);
  });
  describe("alone", () => {
    test.each(breaking)("%s", run);
  });
}
