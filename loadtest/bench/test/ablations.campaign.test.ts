/**
 * What each part of the fast path brings: it is taken out in a copy of the checkout, and B1 and B2 are run without it.
 * Writes the table of `docs/fan-out.md`.
 */

import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { CheckoutCopy, REPOSITORY, type Replacement, replacing } from "@rollcall/testkit";
import { beforeAll, expect, test } from "vitest";
import type { Result } from "../src/harness/result.ts";

const run = promisify(execFile);
const DOCS = join(REPOSITORY, "docs/fan-out.md");
const TABLE = /(?<=<!-- ablations -->\n)[\s\S]*?(?=<!-- \/ablations -->)/;
const ROUNDS = Number(process.env.ABLATION_ROUNDS ?? 3);

interface Part extends Replacement {
  part: string;
}

const PARTS: readonly Part[] = [
  {
    part: "frames go past engine.io, straight into the TCP socket",
    file: "packages/fanout/src/lanes.ts",
    from: "new Lane(conn, portsOf(conn))",
    to: "new Lane(conn, undefined)",
  },
  {
    part: "one write per connection and flush",
    file: "packages/fanout/src/lanes.ts",
    from: "if (queued === 0) this.#writeNow(lane, ports, pending);\n      else ports.tcp.write(pending.joined());",
    to: "for (const frame of pending.frames()) ports.tcp.write(frame.buffer);",
  },
  {
    part: "that write goes past Node's stream while nothing waits in it",
    file: "packages/fanout/src/lanes.ts",
    from: "if (queued === 0) this.#writeNow",
    to: "if (queued < 0) this.#writeNow",
  },
  {
    part: "one more read before a large flush (peek)",
    file: "services/edge/src/outbound/outbound.ts",
    from: "peek: () => delivery.peek()",
    to: "peek: () => false",
  },
  {
    part: "what a flush writes is in slices of 500 connections or 3 ms",
    file: "packages/fanout/src/lane-limits.ts",
    from: "sliceLanes: 500,\n  sliceMs: 3,",
    to: "sliceLanes: 1_000_000,\n  sliceMs: 1_000_000,",
  },
  {
    part: "connections with equal sequences of frames share one Buffer",
    file: "packages/fanout/src/sequence.ts",
    from: "return (this.#joined ??= Buffer.concat(",
    to: "return (this.#joined = Buffer.concat(",
  },
  {
    part: "a young generation of 4 MiB (`--max-semi-space-size=4`)",
    file: "loadtest/bench/src/servers/baseline-process.ts",
    from: '["--max-semi-space-size=4"]',
    to: '["--no-deprecation"]',
  },
];

let copy: CheckoutCopy;
beforeAll(async () => {
  copy = await CheckoutCopy.make("ablations");
});

/** Microseconds of an edge per delivery, the median of the rounds: of one message, and of twenty at once. */
async function costs(): Promise<[one: number, twenty: number]> {
  const words = ["loadtest/bench/src/main.ts", "B1", "B2", "--rounds", String(ROUNDS), "--compare=", "--json"];
  const { stdout } = await run(process.execPath, words, { cwd: copy.root, maxBuffer: 16 * 1024 * 1024 });
  const medians = stdout
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => (JSON.parse(line) as Result).rows.find(({ contender }) => contender === "rollcall")?.median ?? NaN);
  expect(medians).toEqual([expect.any(Number), expect.any(Number)]);
  return medians as [number, number];
}

test("the fast path, without each of its parts in turn", async () => {
  const rows: { part: string; costs: [number, number] }[] = [{ part: "as it is", costs: await costs() }];
  for (const part of PARTS) {
    rows.push({ part: `without: ${part.part}`, costs: await copy.with([replacing(part)], costs) });
  }
  rows.push({ part: "as it is, once more", costs: await costs() });
  const [[one, twenty]] = [rows[0]!.costs];
  const { stdout: commit } = await run("git", ["rev-parse", "--short", "HEAD"], { cwd: copy.root });
  const cell = (us: number, base: number) => `${us.toFixed(2)} us, ${(us / base).toFixed(2)}x`;
  const table = [
    `Commit ${commit.trim()}, medians of ${ROUNDS} rounds.`,
    "",
    "| | a message at a time (B1) | twenty at once (B2) |",
    "| --- | --- | --- |",
    ...rows.map(({ part, costs: [b1, b2] }) => `| ${part} | ${cell(b1, one)} | ${cell(b2, twenty)} |`),
    "",
  ].join("\n");
  console.log(table);
  const docs = readFileSync(DOCS, "utf8");
  expect(TABLE.test(docs)).toBe(true);
  writeFileSync(DOCS, docs.replace(TABLE, table));
});
