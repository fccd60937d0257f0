/** The command line against a cluster that it brought up itself, as a newcomer would. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { client, REPOSITORY, waitFor } from "@rollcall/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { ClusterStatus } from "../src/cluster/state.ts";

/** A base far from the default, so that a developer's own cluster may run meanwhile. */
const BASE_PORT = "17000";
let root: string;

interface Result {
  code: number;
  stdout: string;
  stderr: string;
}

/** A checkout of its own: links to the sources, and a `.rollcall/` nobody else uses. */
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "rollcall-up-"));
  for (const part of ["services", "packages", "examples", "node_modules", "package.json"]) {
    if (part === "packages")
      cpSync(join(REPOSITORY, part), join(root, part), { recursive: true, verbatimSymlinks: true });
    else symlinkSync(join(REPOSITORY, part), join(root, part));
  }
});
afterAll(async () => {
  await rollcall("down");
  rmSync(root, { recursive: true, force: true });
});

async function rollcall(...args: string[]): Promise<Result> {
  const { NATS_URL: _nats, REDIS_URL: _redis, ...env } = process.env;
  const child = spawn(process.execPath, [join(root, "packages/cli/src/main.ts"), ...args], { cwd: root, env });
  const result = { stdout: "", stderr: "" };
  child.stdout.on("data", (chunk) => (result.stdout += chunk));
  child.stderr.on("data", (chunk) => (result.stderr += chunk));
  const [code] = (await once(child, "close")) as [number];
  return { code, ...result };
}

const ok = async (...args: string[]): Promise<string> => {
  const { code, stdout, stderr } = await rollcall(...args);
  expect(code, `${args.join(" ")}\n${stderr}`).toBe(0);
  return stdout;
};

test("up, ask, publish, trace, down", async () => {
  const contracts = join(REPOSITORY, "packages/testkit/contracts");
  const printed = await ok("up", "--detach", "--json", "--base-port", BASE_PORT, "--contracts", contracts);
  expect(printed.trim().split("\n")).toHaveLength(1);
  const status = JSON.parse(printed) as ClusterStatus;
  expect(status).toMatchObject({ ready: true, install: "rollcall", redisUrl: "redis://127.0.0.1:17379" });
  expect(status.components.map(({ name }) => name).toSorted()).toEqual([
    "collector",
    "edge-1",
    "edge-2",
    "nats",
    "notifier-1",
    "presence-1",
    "redis",
  ]);
  expect(JSON.parse(await ok("status", "--json"))).toEqual(status);

  const second = await rollcall("up", "--base-port", BASE_PORT);
  expect(second.code).not.toBe(0);
  expect(second.stderr).toContain("already running");

  const edges = status.components.filter(({ kind }) => kind === "edge").map(({ url }) => url!);
  const token = (await ok("token", "--user", "ada")).trim();
  const clients = edges.map((url) => client(url, token));
  for (const each of clients) {
    await each.ready();
    await each.call("room:join", { room: "repo:x" });
  }
  expect(await ok("presence", "get", "ada", "--json")).toContain('"status":"active"');
  expect(await ok("room", "members", "repo:x", "--json")).toContain('"user":"ada"');

  const args = ["publish", "build:finished", "--data", '{"repo":"x"}', "--json"];
  const { id, traceId } = JSON.parse(await ok(...args)) as { id: string; traceId: string };
  for (const each of clients) {
    const { meta } = await each.waitForEvent("build:finished");
    expect(meta?.traceparent?.slice(3, 35)).toBe(traceId);
  }
  const tree = await waitFor(
    async () => {
      const { stdout } = await rollcall("trace", id);
      return stdout.match(/deliver build:finished/g)?.length === 2 && stdout.includes("publish") ? stdout : undefined;
    },
    { timeoutMs: 20_000, everyMs: 200, what: "the whole trace" },
  );
  for (const name of ["publish", "consume", "emit", "deliver"]) expect(tree).toContain(`${name} build:finished`);

  const [sender] = clients;
  await sender!.call("room:join", { room: "doc:1" });
  const said = await sender!.call<{ id: string }>("cursor:moved", { room: "doc:1", data: { x: 1, y: 2 } });
  await waitFor(async () => (await rollcall("trace", said.id)).code === 0, {
    timeoutMs: 20_000,
    everyMs: 200,
    what: "the relay's trace",
  });
  const relay = await rollcall("explain", said.id);
  expect([relay.code, relay.stderr]).toEqual([1, expect.stringContaining(`./rollcall trace ${said.id}`)]);
  const never = await rollcall("explain", "never");
  expect([never.code, never.stderr]).toEqual([1, expect.stringMatching(/EVENT_UNKNOWN.*\n.*relays, commands/)]);

  const invalid = await rollcall("publish", "build:finished", "--data", '{"repo":7}');
  expect(invalid.code).toBe(1);
  expect(invalid.stderr).toContain("/repo must be string");
  expect((await rollcall("publish", "no:such")).stderr).toContain("no contract declares");

  for (const each of clients) await each.close();
  await ok("down");
  expect((await rollcall("status")).code).toBe(1);
  for (const { pid } of status.components) expect(() => process.kill(pid, 0)).toThrow();
}, 180_000);

test("a busy port is named, and nothing is left behind", async () => {
  const holder = createServer().listen(Number(BASE_PORT), "127.0.0.1");
  await once(holder, "listening");
  const { code, stderr } = await rollcall("up", "--base-port", BASE_PORT);
  holder.close();
  expect(code).toBe(1);
  expect(stderr).toContain(`port ${BASE_PORT}, needed by edge-1`);
  expect(stderr).toContain("--base-port");
  expect((await rollcall("status")).code).toBe(1);
}, 60_000);

test.each([
  [["nonsense"], 2, "unknown command"],
  [["up", "--edges", "0"], 2, "whole number"],
  [["token"], 2, "--user"],
  [["token", "--user", "a b"], 2, "not a valid user"],
  [["watch"], 2, "--room"],
  [["presence", "list"], 1, "no cluster runs"],
])(
  "%j ends with %i and says why",
  async (args, code, message) => {
    const result = await rollcall(...args);
    expect(result.code).toBe(code);
    expect(result.stderr).toContain(message);
  },
  30_000,
);
