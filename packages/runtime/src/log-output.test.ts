import { deepEqual, equal } from "node:assert/strict";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "vitest";
import { LogOutput, MAX_BUFFERED_BYTES } from "./log-output.ts";

let folder: string;
let file: string;
let fd: number;
let lost: number;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "rollcall-log-output-"));
  file = join(folder, "log");
  fd = openSync(file, "w");
  lost = 0;
});
afterEach(() => {
  closeSync(fd);
  rmSync(folder, { recursive: true });
});
const outputTo = (to: number) =>
  new LogOutput({
    fd: to,
    onDropped: (lines) => {
      lost += lines;
    },
  });
const flushed = (output: LogOutput) => new Promise<void>((resolve) => output.flush(resolve));

test("lines are written in order, and a flush waits for them", async () => {
  const output = outputTo(fd);
  const lines = Array.from({ length: 1_000 }, (_, n) => `line ${n}\n`);
  for (const line of lines) output.write(line);
  await flushed(output);
  equal(readFileSync(file, "utf8"), lines.join(""));
  await flushed(output); // nothing waits: at once
  equal(lost, 0);
});

test("what cannot be written is counted, and a flush waits for no more than that", async () => {
  const full = openSync("/dev/full", "w");
  const output = outputTo(full);
  for (let n = 0; n < 10; n++) output.write("line\n");
  await flushed(output);
  equal(lost, 10);
  output.write("line\n");
  await flushed(output);
  closeSync(full);
  equal(lost, 11);
});

test("beyond the bound new lines are lost, and what waits is kept", async () => {
  const output = outputTo(fd);
  output.write("first\n"); // is being written
  output.write(`${"x".repeat(MAX_BUFFERED_BYTES - 1)}\n`);
  output.write("one more\n");
  await flushed(output);
  output.write("last\n");
  await flushed(output);
  deepEqual([lost, readFileSync(file, "utf8").replace(/x+/, "x")], [1, "first\nx\nlast\n"]);
});
