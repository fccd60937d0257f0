import { expect, test } from "vitest";
import { cpuUs, cpuUsOfStat, exactCpuUs, rssBytes } from "./usage.ts";

test("user and system time of a stat line, also when the name holds brackets and blanks", () => {
  const line = "42 (a) b (c)) S 1 42 42 0 -1 4194560 100 0 0 0 12 34 0 0 20 0 11 0 5 1 2";
  expect(cpuUsOfStat(line)).toBe(460_000);
});

test.runIf(process.platform === "linux")("this process has used time and memory", () => {
  expect(cpuUs(process.pid)).toBeGreaterThan(0);
  expect(rssBytes(process.pid)).toBeGreaterThan(1e6);
});

test.runIf(process.platform === "linux")("the exact account agrees with the one in ticks", () => {
  const threadsMayEndUs = 1e6;
  expect(Math.abs(exactCpuUs(process.pid) - cpuUs(process.pid))).toBeLessThan(threadsMayEndUs);
});
