import { equal, ok } from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "vitest";
import { waitFor } from "./wait-for.ts";

const LAUNCHERS = JSON.stringify(join(import.meta.dirname, "index.ts"));

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

test.each(["SIGTERM", "SIGKILL"] as const)("%s of a test run leaves no server and no folder behind", async (signal) => {
  const source = `
    const { startRedis } = await import(${LAUNCHERS});
    const redis = await startRedis();
    redis.pause();
    console.log(JSON.stringify({ pid: redis.pid, folder: redis.folder }));
    setInterval(() => {}, 1000);
  `;
  const run = spawn(process.execPath, ["--input-type=module", "-e", source], { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = (await once(run.stdout, "data")) as [Buffer];
  const { pid, folder } = JSON.parse(line.toString()) as { pid: number; folder: string };
  ok(exists(pid) && existsSync(folder));
  run.kill(signal);
  await once(run, "exit");
  await waitFor(() => !exists(pid) && !existsSync(folder), { what: "the reaper" });
  equal(existsSync(folder), false);
});

test("a launcher does not keep its process alive once its servers are closed", async () => {
  const source = `
    const { startRedis } = await import(${LAUNCHERS});
    await (await startRedis()).close();
  `;
  const run = spawn(process.execPath, ["--input-type=module", "-e", source], { stdio: "inherit" });
  const [code] = (await once(run, "exit")) as [number];
  equal(code, 0);
});
