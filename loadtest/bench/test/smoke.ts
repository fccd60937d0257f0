/** That a bench works, from starting servers to printing what it measured; nothing about how fast anything is. */

import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect } from "vitest";
import type { Bench } from "../src/harness/bench.ts";
import type { Result } from "../src/harness/result.ts";

const MAIN = join(import.meta.dirname, "../src/main.ts");

/** Beside stock, where the bench has that. */
export async function runSmall({ id, contenders, measures }: Bench): Promise<void> {
  const { stdout } = await promisify(execFile)(process.execPath, [MAIN, id, "--smoke", "--compare=stock", "--json"]);
  const { rows, smoke, machine, absent } = JSON.parse(stdout) as Result;
  const takenOf = (contender: string) =>
    rows.filter((row) => row.contender === contender).map(({ measure }) => measure);
  expect(takenOf("rollcall")).toEqual(measures.map(({ name }) => name));
  expect(takenOf("stock").length > 0).toBe(contenders.includes("stock"));
  expect({ smoke, absent, node: machine.versions.node }).toEqual({
    smoke: true,
    absent: [],
    node: process.versions.node,
  });
}
