/**
 * The smoke profile of every scenario against a cluster of its own. Correctness must hold, and every objective must have been
 * measured; how fast it was is shown, not asserted: this machine may do other things.
 */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Result } from "../lib/report/result.ts";
import { type Checkout, makeCheckout } from "./checkout.ts";

const BASE_PORT = "25000";
const MISSED = 99;
const SCENARIOS = readdirSync(join(import.meta.dirname, "../scenarios")).map((file) => file.replace(/\.ts$/, ""));

let checkout: Checkout;
beforeAll(async () => {
  checkout = makeCheckout();
  const { code, output } = await checkout.rollcall("up", "--detach", "--fresh", "--base-port", BASE_PORT);
  expect(code, output).toBe(0);
});
afterAll(async () => {
  await checkout.rollcall("down");
  checkout.remove();
});

test.each(SCENARIOS)("%s, smoke: nothing that must not happen, everything measured", async (scenario) => {
  const out = join(checkout.folder, "out");
  const { code, output } = await checkout.rollcall("loadtest", scenario, "--quiet", "--out", out);
  console.log(output);
  const result = JSON.parse(readFileSync(join(out, `${scenario}-smoke.json`), "utf8")) as Result;
  const unmet = result.verdicts.filter(
    ({ passed, unit, measured }) => !passed && (unit === "" || measured === undefined),
  );
  expect(unmet, output).toEqual([]);
  expect(code, output).toBe(result.passed ? 0 : MISSED);
});
