import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, test } from "vitest";
import { freePort } from "../../src/free-port.ts";
import { type ServiceProcess, startService } from "../../src/service-process.ts";
import { tempFolder } from "../../src/temp.ts";
import { waitFor } from "../../src/wait-for.ts";

const ENTRY = join(import.meta.dirname, "lifecycle-service.ts");
const running: ServiceProcess[] = [];
afterEach(async () => {
  for (const service of running.splice(0)) await service.kill("SIGKILL");
});

let count = 0;
async function start(role: string, env: Record<string, string> = {}): Promise<ServiceProcess> {
  const service = await startService({
    kind: "presence",
    name: `presence-${++count}`,
    env: { ROLE: role, ...env },
    logFolder: tempFolder("lifecycle"),
    entry: ENTRY,
  });
  running.push(service);
  return service;
}
const events = (service: ServiceProcess) => service.logs().map((line) => line.event);
const status = async (service: ServiceProcess, path: string) => (await fetch(`${service.internalUrl}${path}`)).status;

describe("a service", () => {
  test("says when it is ready, with its name and instance", async () => {
    const service = await start("plain");
    await waitFor(() => events(service).includes("service.ready"));
    const line = service.logs().find(({ event }) => event === "service.ready");
    deepEqual(
      [line?.service, line?.instance, line?.internalUrl],
      ["rollcall-presence", service.name, service.internalUrl],
    );
    deepEqual(
      await Promise.all(["/livez", "/readyz", "/startupz", "/metrics"].map((path) => status(service, path))),
      [200, 200, 200, 200],
    );
    await service.kill("SIGUSR2");
    const turned = await waitFor(() => service.logs().find(({ event }) => event === "log.level"));
    deepEqual([turned.from, turned.to], ["info", "debug"]);
  });

  test.each(["SIGTERM", "SIGINT"] as const)("%s: not ready first, then stops, then exit 0", async (signal) => {
    const service = await start("slow");
    await service.kill(signal);
    await waitFor(() => events(service).includes("test.stopping"));
    equal(await status(service, "/readyz"), 503);
    equal(await status(service, "/livez"), 200);
    deepEqual(await service.exited, { code: 0, signal: null });
    deepEqual(events(service).slice(-4), ["service.stopping", "test.stopping", "test.stopped", "service.stopped"]);
  });

  test("what does not stop within its grace is left, with exit 1", async () => {
    const service = await start("hangs", { STOP_GRACE_MS: "100" });
    deepEqual(await service.stop(), { code: 1, signal: null });
    equal(service.logs().find(({ event }) => event === "test.stopping")?.graceMs, 100);
  });

  test("a stop that fails is exit 1", async () => {
    const service = await start("stop-fails");
    deepEqual(await service.stop(), { code: 1, signal: null });
    ok(events(service).includes("service.stop_failed"));
  });

  test("a second signal ends it at once", async () => {
    const service = await start("hangs", { STOP_GRACE_MS: "60000" });
    await service.kill("SIGTERM");
    await waitFor(() => events(service).includes("test.stopping"));
    await service.kill("SIGTERM");
    deepEqual(await service.exited, { code: 1, signal: null });
  });

  test.each([
    ["throws", "exception"],
    ["rejects", "rejection"],
  ])("an error nobody caught (%s) is logged, drained and exit 1", async (role, kind) => {
    const service = await start(role);
    await service.kill("SIGHUP");
    deepEqual(await service.exited, { code: 1, signal: null });
    equal(service.logs().find(({ event }) => event === "service.uncaught")?.kind, kind);
    ok(events(service).includes("test.stopped"));
  });

  test("a malformed request to the internal port ends nothing", async () => {
    const service = await start("plain");
    await rejects(
      fetch(`${service.internalUrl}/livez`, { headers: { x: "a".repeat(100_000) } }).then((r) => {
        if (!r.ok) throw new Error(String(r.status));
      }),
    );
    equal(await status(service, "/livez"), 200);
  });

  test("restarts on the same ports", async () => {
    const service = await start("plain");
    const { pid } = service;
    await service.restart();
    ok(service.pid !== pid);
    equal(await status(service, "/readyz"), 200);
  });
});

describe("a log that cannot be written costs lines, not the service", () => {
  const started = async (stdout: number | "pipe") => {
    const port = await freePort();
    const child = spawn(process.execPath, [ENTRY], {
      env: { PATH: process.env.PATH, ROLE: "chatty", INTERNAL_PORT: String(port) },
      stdio: ["ignore", stdout, "ignore"],
    });
    spawned.push(child);
    const exited = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) =>
      child.once("exit", (code, signal) => resolve({ code, signal })),
    );
    const get = async (path: string) => fetch(`http://127.0.0.1:${port}${path}`);
    const dropped = async () => {
      const [, count = "0"] = /^rollcall_log_dropped_total (\d+)$/m.exec(await (await get("/metrics")).text()) ?? [];
      return Number(count);
    };
    await waitFor(async () => (await get("/readyz")).status === 200, { timeoutMs: 20_000 });
    return { child, exited, dropped };
  };
  const spawned: ChildProcess[] = [];
  afterEach(() => {
    for (const child of spawned.splice(0)) child.kill("SIGKILL");
  });

  test("the disk is full", async () => {
    const full = openSync("/dev/full", "w");
    const { child, exited, dropped } = await started(full);
    closeSync(full);
    const first = await waitFor(dropped);
    child.kill("SIGHUP"); // says more
    await waitFor(async () => (await dropped()) > first);
    child.kill("SIGTERM");
    deepEqual(await exited, { code: 0, signal: null });
  });

  test("the reader went away", async () => {
    const { child, exited, dropped } = await started("pipe");
    child.stdout!.destroy();
    child.kill("SIGHUP");
    await waitFor(dropped);
    child.kill("SIGTERM");
    deepEqual(await exited, { code: 0, signal: null });
  });

  test("the reader hangs: beyond a bound lines are lost, and the end does not wait for it", async () => {
    const { child, exited, dropped } = await started("pipe");
    while ((await dropped()) === 0) child.kill("SIGHUP");
    child.kill("SIGTERM");
    deepEqual(await exited, { code: null, signal: "SIGKILL" });
  });
});

describe("a service that cannot start", () => {
  const run = (env: Record<string, string>, ...args: string[]) =>
    spawnSync(process.execPath, [ENTRY, ...args], {
      env: { PATH: process.env.PATH, INTERNAL_PORT: "0", ...env },
      encoding: "utf8",
      timeout: 20_000,
    });

  test("names each wrong setting on stderr, exit 78", () => {
    const result = run({ TRACE_RATIO: "2", LOG_LEVEL: "loud" });
    equal(result.status, 78);
    match(result.stderr, /^settings: TRACE_RATIO .*\n/m);
    match(result.stderr, /^settings: LOG_LEVEL .*\n/m);
    equal(result.stdout, "");
  });

  test("names files that it cannot read on stderr, before it waits for anything, exit 78", () => {
    const env = { REDIS_URL: "rediss://host", REDIS_TLS_CA: "/nowhere/ca.pem", NATS_CREDS: "/nowhere/creds" };
    const result = run({ ...env, TRACE_RATIO: "2" });
    equal(result.status, 78);
    match(result.stderr, /^settings: REDIS_TLS_CA cannot be read: \/nowhere\/ca.pem \(ENOENT\)$/m);
    match(result.stderr, /^settings: NATS_CREDS cannot be read: \/nowhere\/creds \(ENOENT\)$/m);
    match(result.stderr, /^settings: TRACE_RATIO /m);
  });

  test("a mistake in what a setting names is exit 78 too, with each one in the log", () => {
    const result = run({ ROLE: "misconfigured" });
    equal(result.status, 78);
    const line = JSON.parse(result.stdout.split("\n").find((one) => one.includes("service.start_failed"))!);
    deepEqual(line.mistakes, ["A is wrong", "B is wrong"]);
  });

  test("takes no arguments but those it knows: exit 64", () => {
    const result = run({}, "--print-config", "--bogus", "x");
    equal(result.status, 64);
    match(result.stderr, /^unknown arguments: --bogus x;/);
    equal(result.stdout, "");
  });

  test("prints its settings on demand, secrets masked, and exits 0", () => {
    const result = run({ REDIS_URL: "redis://:SECRET@host:1" }, "--print-config");
    equal(result.status, 0);
    match(result.stdout, /^REDIS_URL=redis:\/\/:\*\*\*@host:1$/m);
    match(result.stdout, /^ROLE=plain$/m);
  });

  test("says why and exits 1", () => {
    const result = run({ ROLE: "fails" });
    equal(result.status, 1);
    match(result.stdout, /"event":"service.start_failed"/);
  });

  test("a taken internal port is such a reason", async () => {
    const other = await start("plain");
    const result = run({ INTERNAL_PORT: new URL(other.internalUrl).port, INTERNAL_HOST: "127.0.0.1" });
    equal(result.status, 1);
    match(result.stdout, /EADDRINUSE/);
  });

  test.each([
    ["waits-for-redis", "redis"],
    ["waits-for-nats", "nats"],
  ])("told to stop while it %s, which /readyz says, it exits 0", async (role, dependency) => {
    const port = await freePort();
    const internalPort = await freePort();
    const { startChild } = await import("../../src/child.ts");
    const child = await startChild({
      command: process.execPath,
      args: [ENTRY],
      logFile: join(tempFolder("waiting"), "log"),
      env: {
        PATH: process.env.PATH,
        ROLE: role,
        INTERNAL_PORT: String(internalPort),
        REDIS_URL: `redis://127.0.0.1:${port}`,
        NATS_URL: `nats://127.0.0.1:${port}`,
      },
    });
    const probe = async (path: string) => (await fetch(`http://127.0.0.1:${internalPort}${path}`)).status;
    await waitFor(async () => (await probe("/livez")) === 200, { timeoutMs: 20_000 });
    deepEqual([await probe("/readyz"), await probe("/startupz")], [503, 503]);
    const said = async () => (await fetch(`http://127.0.0.1:${internalPort}/readyz`)).text();
    await waitFor(async () => (await said()) === `not ok: starting, ${dependency}\n`, { timeoutMs: 20_000 });
    deepEqual(await child.end("SIGTERM"), { code: 0, signal: null });
  });
});
