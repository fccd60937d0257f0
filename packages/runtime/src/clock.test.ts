import { equal, ok, rejects } from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { test } from "vitest";
import { pendingTimers, systemClock } from "./clock.ts";

test("monotonic never goes back and timers can be cancelled before and after they ran", async () => {
  const start = systemClock.monotonic();
  let runs = 0;
  const never = systemClock.setTimer(0, () => runs++);
  never.cancel();
  const repeating = systemClock.setRepeating(1, () => runs++);
  await systemClock.sleep(5);
  await new Promise<void>((resolve) => systemClock.immediate(resolve));
  ok(runs >= 1);
  repeating.cancel();
  never.cancel();
  ok(systemClock.monotonic() >= start);
  equal(Math.abs(systemClock.now() - Date.now()) < 1_000, true);
});

test("timers that wait are counted, each once", async () => {
  const before = pendingTimers();
  const timer = systemClock.setTimer(60_000, () => {});
  const repeating = systemClock.setRepeating(1, () => {});
  await systemClock.sleep(5);
  equal(pendingTimers(), before + 2);
  for (const one of [timer, timer, repeating, repeating]) one.cancel();
  equal(pendingTimers(), before);
});

test("an aborted sleep rejects with the reason", async () => {
  await rejects(systemClock.sleep(60_000, AbortSignal.abort(new Error("enough"))), /enough/);
});

test("waiting timers do not keep a process alive unless asked to, a sleep does", () => {
  const run = (code: string) => {
    const url = JSON.stringify(join(import.meta.dirname, "clock.ts"));
    const source = `const { systemClock: c } = await import(${url}); ${code}`;
    return spawnSync(process.execPath, ["--input-type=module", "-e", source], { encoding: "utf8", timeout: 20_000 });
  };
  equal(run("c.setTimer(60000, () => {}); c.setRepeating(60000, () => {})").status, 0);
  equal(run("c.setTimer(1, () => console.log('ran'), { ref: true })").stdout, "ran\n");
  equal(run("await c.sleep(1); console.log('woke')").stdout, "woke\n");
});
