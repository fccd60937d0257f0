/** The files of `.rollcall/`: lock, state, logs. */

import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { identify, isAlive } from "./identity.ts";
import { lockHolder, takeLock } from "./lock.ts";
import { boundLogs, lastLines } from "./logs.ts";
import { type ClusterState, readState, removeState, writeState } from "./state.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "rollcall-files-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

test("a lock is held by one, and free once released", () => {
  const file = join(folder, "up.lock");
  const first = takeLock(file);
  const second = takeLock(file);
  expect(second).toEqual({ heldBy: identify(process.pid) });
  if ("release" in first) first.release();
  expect(lockHolder(file)).toBeUndefined();
  expect(takeLock(file)).toHaveProperty("release");
});

test("the lock of a dead process is void, also when its pid lives again", () => {
  const file = join(folder, "up.lock");
  writeFileSync(file, `${process.pid}\nanother start\n`);
  expect(lockHolder(file)).toBeUndefined();
  expect(takeLock(file)).toHaveProperty("release");
});

test("a process is known by its start, not by its pid alone", () => {
  const me = identify(process.pid)!;
  expect(isAlive(me)).toBe(true);
  expect(isAlive({ ...me, started: "0" })).toBe(false);
  expect(identify(2 ** 22 + 1)).toBeUndefined();
});

test("the state is read as it was written, by its owner only", () => {
  const file = join(folder, "state.json");
  const state: ClusterState = {
    status: { ready: false, install: "i", redisUrl: "r", natsUrl: "n", jwksFile: "j", components: [] },
    supervisor: identify(process.pid)!,
    processes: [],
    contracts: [],
  };
  expect(readState(file)).toBeUndefined();
  writeState(file, state);
  expect(readState(file)).toEqual(state);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  removeState(file);
  expect(readState(file)).toBeUndefined();
});

test("a log beyond its bound is moved aside and goes on empty", () => {
  const file = join(folder, "edge-1.log");
  writeFileSync(file, "one\ntwo\nthree\n");
  expect(lastLines(file, 2)).toEqual(["two", "three"]);
  boundLogs([file, join(folder, "none.log")], 1_000);
  expect(readFileSync(file, "utf8")).toBe("one\ntwo\nthree\n");
  boundLogs([file], 5);
  expect(readFileSync(file, "utf8")).toBe("");
  expect(readFileSync(`${file}.1`, "utf8")).toBe("one\ntwo\nthree\n");
});
