/** `up` in the foreground: what dies comes back, Ctrl-C ends all of it, and a killed `up` leaves a way out. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { REPOSITORY, waitFor } from "@rollcall/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { identify } from "../src/cluster/identity.ts";
import { type ClusterStatus, readState } from "../src/cluster/state.ts";
import { homeOf } from "../src/home.ts";

const BASE_PORT = "16000";
let root: string;
let running: ChildProcess | undefined;

/** A checkout of its own: links to the sources, and a `.rollcall/` nobody else uses. */
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "rollcall-foreground-"));
  for (const part of ["services", "examples", "node_modules", "package.json"]) {
    symlinkSync(join(REPOSITORY, part), join(root, part));
  }
  cpSync(join(REPOSITORY, "packages"), join(root, "packages"), { recursive: true, verbatimSymlinks: true });
});
afterAll(async () => {
  if (running !== undefined && running.exitCode === null && running.signalCode === null) {
    running.kill("SIGTERM");
    await once(running, "exit");
  }
  await once(start("down"), "exit");
  rmSync(root, { recursive: true, force: true });
});

function start(...args: string[]): ChildProcess {
  const { NATS_URL: _nats, REDIS_URL: _redis, ...env } = process.env;
  const main = join(root, "packages/cli/src/main.ts");
  return spawn(process.execPath, [main, ...args], { cwd: root, env, stdio: ["ignore", "pipe", "pipe"] });
}

async function up(...flags: string[]): Promise<{ child: ChildProcess; status: ClusterStatus; said: string[] }> {
  const contracts = join(REPOSITORY, "packages/testkit/contracts");
  const args = ["--edges", "1", "--base-port", BASE_PORT, "--contracts", contracts, ...flags];
  const child = start("up", "--json", ...args);
  running = child;
  const said: string[] = [];
  createInterface({ input: child.stderr! }).on("line", (line) => said.push(line));
  const lines = createInterface({ input: child.stdout! });
  const ended = once(child, "exit").then(() => Promise.reject(new Error(said.join("\n"))));
  const [line] = (await Promise.race([once(lines, "line"), ended])) as [string];
  ended.catch(() => {}); // its later end is what the tests want
  return { child, status: JSON.parse(line) as ClusterStatus, said };
}

/** A process that ended but was not yet collected by its parent does not count. */
const alive = (pids: number[]) => pids.filter((pid) => identify(pid) !== undefined);
const edgeNow = () => readState(homeOf(root).state)?.status.components.find(({ kind }) => kind === "edge");

test("what dies by itself is started again, and Ctrl-C leaves no process behind", async () => {
  const { child, status, said } = await up();
  const edge = status.components.find(({ kind }) => kind === "edge")!;
  process.kill(edge.pid, "SIGKILL");
  await waitFor(() => edgeNow()?.ready === true && edgeNow()?.pid !== edge.pid, {
    timeoutMs: 60_000,
    what: "the edge started again",
  });
  expect(said.join("\n")).toContain("edge-1 ended by itself: SIGKILL; starting it again in 250 ms");
  const pids = [...status.components.map(({ pid }) => pid), edgeNow()!.pid];

  child.kill("SIGINT");
  const [code] = (await once(child, "exit")) as [number];
  expect(code).toBe(0);
  expect(alive(pids)).toEqual([]);
  expect(readState(homeOf(root).state)).toBeUndefined();
}, 180_000);

test("after a kill -9 of `up` the next one says how to clean up, and `down` does", async () => {
  const { child, status } = await up("--no-restart");
  child.kill("SIGKILL");
  await once(child, "exit");

  const second = start("up", "--base-port", BASE_PORT);
  let words = "";
  second.stderr!.on("data", (chunk) => (words += chunk));
  const [refused] = (await once(second, "close")) as [number];
  expect(refused).toBe(1);
  expect(words).toContain("./rollcall down stops them");

  const [stopped] = (await once(start("down"), "exit")) as [number];
  expect(stopped).toBe(0);
  expect(alive(status.components.map(({ pid }) => pid))).toEqual([]);
}, 180_000);
