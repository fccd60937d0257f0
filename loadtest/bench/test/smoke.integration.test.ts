/** That a bench works, from starting servers to printing a result; nothing about how fast anything is. */

import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import type { Result } from "../src/harness/result.ts";

const MAIN = join(import.meta.dirname, "../src/main.ts");
const SLOW_MACHINE_MS = 120_000;

test("servers, clients and a baseline start, and every measure of both is printed", {
  timeout: SLOW_MACHINE_MS,
}, async () => {
  const args = [MAIN, "B4", "--smoke", "--compare", "stock", "--json"];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  const { rows, smoke, machine } = JSON.parse(stdout) as Result;
  expect(rows.map(({ contender, measure }) => `${contender}: ${measure}`)).toEqual([
    "rollcall: member of one large room",
    "stock: member of one large room",
    "rollcall: member of rooms of 50",
    "stock: member of rooms of 50",
    "rollcall: session",
    "stock: session",
  ]);
  expect(rows.every(({ median }) => median > 0)).toBe(true);
  expect(smoke).toBe(true);
  expect(machine.versions.node).toBe(process.versions.node);
});
