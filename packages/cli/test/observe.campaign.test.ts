/** A real Prometheus at a cluster under load: the rules hold what they promise, and every panel of every dashboard has data. */

import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { promisify } from "node:util";
import { client, REPOSITORY, type TestClient, waitFor } from "@rollcall/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { ClusterStatus } from "../src/cluster/state.ts";
import { findServer } from "../src/servers/find.ts";
import { PROMETHEUS } from "../src/servers/programs.ts";

const BASE_PORT = "27000";
const DASHBOARDS = join(REPOSITORY, "deploy/grafana");
let root: string;
let promtool: string;
let status: ClusterStatus;
/** What takes the fallbacks of the support desk. */
let desk: Server;
let notices = 0;

async function rollcall(...args: string[]): Promise<string> {
  const { NATS_URL: _nats, REDIS_URL: _redis, ...env } = process.env;
  const child = spawn(process.execPath, [join(root, "packages/cli/src/main.ts"), ...args], { cwd: root, env });
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (chunk) => (stdout += chunk));
  child.stderr.on("data", (chunk) => (stderr += chunk));
  const [code] = (await once(child, "close")) as [number];
  expect(code, `${args.join(" ")}\n${stderr}`).toBe(0);
  return stdout;
}

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), "rollcall-observe-"));
  for (const part of ["services", "packages", "examples", "deploy", "node_modules", "package.json"]) {
    if (part === "packages")
      cpSync(join(REPOSITORY, part), join(root, part), { recursive: true, verbatimSymlinks: true });
    else symlinkSync(join(REPOSITORY, part), join(root, part));
  }
  const servers = join(REPOSITORY, ".rollcall/servers");
  const prometheus = await findServer(PROMETHEUS, { env: process.env, folder: servers, say: () => {} });
  // In the same package, but only the program that was asked for has a start script.
  promtool = [join(dirname(prometheus), "promtool"), join(servers, "prometheus/usr/bin/promtool")].find(existsSync)!;
  process.env.PATH = [process.env.PATH, dirname(prometheus)].join(delimiter);
  desk = createServer((_request, response) => {
    notices++;
    response.writeHead(204).end();
  }).listen(0, "127.0.0.1");
  await once(desk, "listening");
  const channels = join(root, "channels.yaml");
  const url = `http://127.0.0.1:${(desk.address() as AddressInfo).port}/`;
  const secret = `whsec_${Buffer.from("for-the-support-desk-only").toString("base64")}`;
  writeFileSync(
    channels,
    `channels: { desk-hook: { type: webhook, url: "${url}", secrets: [${secret}], allowPrivate: true } }\n`,
  );
  const observed = ["up", "--detach", "--observe", "--json", "--base-port", BASE_PORT];
  status = JSON.parse(await rollcall(...observed, "--channels", channels)) as ClusterStatus;
});
afterAll(async () => {
  await rollcall("down");
  desk.close();
  rmSync(root, { recursive: true, force: true });
});

test("promtool: the rules are valid, and each alert fires and is silent when it should", async () => {
  const run = promisify(execFile);
  const cwd = join(REPOSITORY, "deploy/prometheus");
  expect((await run(promtool, ["check", "rules", "rules.yaml"], { cwd })).stdout).toContain("SUCCESS");
  expect((await run(promtool, ["test", "rules", "tests.yaml", "tests-budgets.yaml"], { cwd })).stdout).toContain(
    "SUCCESS",
  );
});

/** What every part of the cluster has something to say about: people who come, talk, are lost, and are not there; events, good and bad. */
async function load(): Promise<void> {
  await rollcall("demo", "github", "--count", "150", "--rate", "50/s");
  // Bob is not there: after three seconds the desk is told instead.
  const assigned = JSON.stringify({ ticket: "T-1", assignee: "bob", by: "ada" });
  await rollcall("publish", "ticket:assigned", "--data", assigned);
  const edges = status.components.filter(({ kind }) => kind === "edge").map(({ url }) => url!);
  const token = (await rollcall("token", "--user", "ada")).trim();
  const people: TestClient[] = edges.map((url) => client(url, token, { io: { reconnection: false } }));
  for (const person of people) {
    await person.ready();
    await person.emitAck("room:join", { room: "doc:observed" });
    await person.emitAck("presence:set", { status: "away" });
  }
  for (const person of people) person.dropConnection();
}

test("every panel of every dashboard returns data", async () => {
  const prometheus = status.components.find(({ kind }) => kind === "prometheus")!.url!;
  await load();
  const panels = readdirSync(DASHBOARDS)
    .filter((file) => file.endsWith(".json"))
    .flatMap((file) => {
      const board = JSON.parse(readFileSync(join(DASHBOARDS, file), "utf8")) as {
        panels: { title: string; targets?: { expr: string }[] }[];
      };
      return board.panels.flatMap(({ title, targets = [] }) =>
        targets.map(({ expr }) => ({ panel: `${file}: ${title}`, expr })),
      );
    });
  const hasData = async (expr: string): Promise<boolean> => {
    const query = expr.replaceAll("$__rate_interval", "5m");
    const answer = await fetch(`${prometheus}/api/v1/query?${new URLSearchParams({ query })}`);
    const body = (await answer.json()) as {
      status: string;
      error?: string;
      data: { result: { value: [number, string] }[] };
    };
    expect(body.status, `${query}: ${body.error}`).toBe("success");
    return body.data.result.some(({ value }) => Number.isFinite(Number(value[1])));
  };
  let missing: string[] = [];
  await waitFor(
    async () => {
      // Counters that begin to exist need another turn to have a rate.
      await load();
      missing = [];
      for (const { panel, expr } of panels) if (!(await hasData(expr))) missing.push(`${panel}: ${expr}`);
      return missing.length === 0;
    },
    { timeoutMs: 300_000, everyMs: 5_000, what: () => `data for\n${missing.join("\n")}` },
  );
  process.stdout.write(`${panels.length} expressions, all with data; ${notices} notices by the fallback\n`);
});
