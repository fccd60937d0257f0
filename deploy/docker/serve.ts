/**
 * What the four programs of the images have to do together, however they are started: be ready, serve a client that joins
 * and receives an event under its trace, write nowhere but /tmp, and stop with 0 when asked to.
 */

import { deepEqual, equal, match, ok } from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  type Child,
  devKeys,
  freePort,
  REPOSITORY,
  startNats,
  startRedis,
  startSpanCollector,
  waitFor,
} from "@rollcall/testkit";
import type { Program } from "./tree.ts";

/** Of NATS, in its URL as the chart mounts it: with what a URL has to encode. */
const [USER, PASSWORD] = ["images", "p@ss/word"];
const PROBES = ["/startupz", "/livez", "/readyz"];

export interface Host {
  /** A folder that every program reads, at this path. */
  scratch: string;
  /** With nothing in its environment but this and what the image has. */
  start(program: Program, env: Record<string, string>): Promise<Child>;
  logOf(program: Program): string;
}

/** Steps that undo what was started are added to `undo`. */
export async function serveAndStop({ scratch, start, logOf }: Host, undo: (() => Promise<unknown>)[]): Promise<void> {
  const [redis, nats, collector, keys] = await Promise.all([
    startRedis(),
    startNats({ args: ["--user", USER, "--pass", PASSWORD] }),
    startSpanCollector(),
    devKeys(),
  ]);
  undo.push(
    () => redis.close(),
    () => nats.close(),
    () => collector.close(),
  );
  const started = async (program: Program, env: Record<string, string>) => {
    const child = await start(program, env);
    undo.push(() => child.end());
    return child;
  };
  const file = (name: string, text: string | Buffer) => {
    writeFileSync(join(scratch, name), text);
    return join(scratch, name);
  };
  const jwks = file("jwks.json", JSON.stringify(keys.jwks));
  const contracts = file("e2e.yaml", readFileSync(join(REPOSITORY, "packages/testkit/contracts/e2e.yaml")));
  const natsUrl = nats.url.replace("//", `//${USER}:${encodeURIComponent(PASSWORD)}@`);
  const port = await freePort();
  const running: { program: Program; child: Child; internal: string }[] = [];
  for (const program of ["presence", "notifier", "edge"] as const) {
    const internal = await freePort();
    const child = await started(program, {
      REDIS_URL: redis.url,
      NATS_URL: natsUrl,
      STREAMS: "create",
      CONTRACTS: contracts,
      INTERNAL_PORT: String(internal),
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      ...(program === "edge" ? { ...keys.env, JWKS: jwks, PORT: String(port) } : {}),
    });
    running.push({ program, child, internal: `http://127.0.0.1:${internal}` });
  }
  for (const { program, child, internal } of running) {
    const answers = (path: string) => fetch(internal + path).then(({ status }) => status === 200);
    const isReady = async () => child.exit() !== undefined || (await Promise.all(PROBES.map(answers))).every(Boolean);
    await waitFor(isReady, { timeoutMs: 120_000, what: () => `the probes of ${program}:\n${logOf(program)}` });
    equal(child.exit(), undefined, logOf(program));
  }

  const smoke = await started("smoke", {
    SMOKE_URL: `http://127.0.0.1:${port}`,
    SMOKE_TOKEN_FILE: file("token", await keys.token({ user: "smoke", tenant: "acme" })),
    SMOKE_NATS_URL_FILE: file("nats-url", natsUrl),
    SMOKE_ROOM: "repo:one",
    SMOKE_EVENT: "build:finished",
    SMOKE_TYPE: "test.build.finished",
    SMOKE_SUBJECT: "events.{tenant}.builds.finished",
    SMOKE_TENANT: "acme",
    SMOKE_DATA: '{"repo":"one"}',
  });
  const { code } = await smoke.exited;
  const said = logOf("smoke");
  equal(code, 0, said);
  match(said, /joined repo:one.*\npublished .*\nreceived it under trace [0-9a-f]{32}\n/s);

  for (const { program, child } of running) {
    deepEqual(await child.end("SIGTERM", 40_000), { code: 0, signal: null }, `${program}:\n${logOf(program)}`);
    ok(!/ERR_ACCESS_DENIED|EROFS|EACCES/.test(logOf(program)), `${program} wrote where it may not`);
  }
}
