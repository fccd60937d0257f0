import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { RollcallError } from "@rollcall/contracts";
import {
  connectNats,
  createMetrics,
  isNoResponder,
  type Metrics,
  type NatsHandle,
  request,
  type ServeOptions,
  serve,
} from "@rollcall/runtime";
import { afterAll, afterEach, beforeAll, describe, test } from "vitest";
import { faultProxy } from "../../src/fault-proxy.ts";
import { freePort } from "../../src/free-port.ts";
import { type NatsServer, startNats } from "../../src/nats-server.ts";
import { waitFor } from "../../src/wait-for.ts";
import { recordedLogger } from "./quiet.ts";

const TRACEPARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

let shared: NatsServer;
beforeAll(async () => {
  shared = await startNats({ jetstream: false });
});
afterAll(() => shared.close());

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function connected(
  url: string,
  metrics?: Metrics,
): Promise<NatsHandle & { log: ReturnType<typeof recordedLogger> }> {
  const log = recordedLogger();
  const nats = await connectNats({
    url,
    name: "test",
    logger: log.logger,
    ...(metrics === undefined ? {} : { metrics }),
  });
  cleanups.push(() => nats.close());
  return { ...nats, log };
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => new Error("it succeeded"),
    (thrown: unknown) => thrown,
  );
  ok(error instanceof RollcallError, String(error));
  return error.code;
}

let subjects = 0;
const freshSubject = () => `test.${++subjects}`;

describe("the connection", () => {
  test("waits for a server that is not there yet", async () => {
    const port = await freePort();
    const connecting = connected(`nats://127.0.0.1:${port}`);
    const server = await startNats({ jetstream: false, port });
    cleanups.push(() => server.close());
    equal((await connecting).isUp(), true);
  });

  test("says soon that it is refused", async () => {
    const server = await startNats({ jetstream: false, args: ["--user", "a", "--pass", "b"] });
    cleanups.push(() => server.close());
    const { logger, events } = recordedLogger();
    const stop = new AbortController();
    const gone = rejects(connectNats({ url: server.url, name: "test", logger, signal: stop.signal }), /stopping/);
    await waitFor(() => events().includes("nats.waiting"), { timeoutMs: 5_000 }); // the next is told after 10 s
    stop.abort(new Error("stopping"));
    await gone;
  });

  test("says why a lost connection does not come back", async () => {
    const server = await startNats({ jetstream: false });
    cleanups.push(() => server.close());
    const { logger, events } = recordedLogger();
    const handle = await connectNats({ url: server.url, name: "test", logger, tellEveryMs: 50 });
    cleanups.push(() => handle.close());
    await server.stop();
    await waitFor(() => events().includes("nats.waiting"));
  });

  test("says why while it waits, and is down until then", async () => {
    const port = await freePort();
    const { logger, events, text } = recordedLogger();
    const metrics = createMetrics();
    const stop = new AbortController();
    const url = `nats://user:SECRET@127.0.0.1:${port}`;
    const connecting = connectNats({ url, name: "test", logger, metrics, signal: stop.signal, tellEveryMs: 50 });
    const gone = rejects(connecting, /stopping/);
    await waitFor(() => events().includes("nats.waiting"), { timeoutMs: 20_000 });
    match(text(), /connection refused/i);
    ok(!text().includes("SECRET"));
    match(await metrics.render(), /rollcall_dependency_up\{dependency="nats"\} 0/);
    stop.abort(new Error("stopping"));
    await gone;
  });

  test("stops waiting when told to", async () => {
    const stop = new AbortController();
    const { logger } = recordedLogger();
    const url = `nats://127.0.0.1:${await freePort()}`;
    const waiting = rejects(connectNats({ url, name: "test", logger, signal: stop.signal }), /stopping/);
    stop.abort(new Error("stopping"));
    await waiting;
    await rejects(connectNats({ url, name: "test", logger, signal: stop.signal }), /stopping/);
  });

  test("tells when it is down and up again, and answers go on", async () => {
    const server = await startNats({ jetstream: false });
    cleanups.push(() => server.close());
    const metrics = createMetrics();
    const nats = await connected(server.url, metrics);
    const served = serve(nats.nc, "again", { logger: nats.log.logger }, () => ({ yes: true }));
    const seen: string[] = [];
    nats.onDown(() => seen.push("down"));
    nats.onUp(() => seen.push("up"));
    await server.kill();
    await waitFor(() => !nats.isUp());
    ok((await metrics.render()).includes('rollcall_dependency_up{dependency="nats"} 0'));
    equal(await codeOf(request(nats.nc, "again", {}, { timeoutMs: 60_000 })), "UNAVAILABLE");
    await server.restart();
    await waitFor(() => nats.isUp());
    deepEqual(seen, ["down", "up"]);
    deepEqual(await request(nats.nc, "again", {}, { timeoutMs: 5_000 }), { yes: true });
    await served.close();
  });

  test("a silent server is noticed", async () => {
    const proxy = await faultProxy(shared.url);
    cleanups.push(() => proxy.close());
    const nats = await connected(proxy.url);
    proxy.halfOpen();
    await waitFor(() => !nats.isUp(), { timeoutMs: 20_000, what: "the ping timeout" });
    proxy.heal();
    await waitFor(() => nats.isUp(), { timeoutMs: 10_000 });
  });

  test("closes also while the server is away, twice too", async () => {
    const server = await startNats({ jetstream: false });
    const nats = await connected(server.url);
    await server.close();
    await waitFor(() => !nats.isUp());
    await nats.close();
    await nats.close();
    equal(nats.isUp(), false);
  });
});

describe("request and reply", () => {
  async function pair(
    handler: Parameters<typeof serve>[3],
    options: Partial<ServeOptions> = {},
  ): Promise<{
    ask: (body?: unknown, timeoutMs?: number) => Promise<unknown>;
    nats: Awaited<ReturnType<typeof connected>>;
    subject: string;
  }> {
    const nats = await connected(shared.url);
    const subject = freshSubject();
    const served = serve(nats.nc, subject, { logger: nats.log.logger, ...options }, handler);
    await nats.nc.flush();
    cleanups.push(() => served.close());
    const ask = (body: unknown = {}, timeoutMs = 5_000) => request(nats.nc, subject, body, { timeoutMs });
    return { ask, nats, subject };
  }

  test("carries JSON there and back, and a trace", async () => {
    const seen: unknown[] = [];
    const { nats, subject } = await pair((body, context) => {
      seen.push(body, context.traceparent);
      return { n: 1 };
    });
    const options = { timeoutMs: 5_000, traceparent: TRACEPARENT };
    deepEqual(await request(nats.nc, subject, { text: "ä\u2028" }, options), { n: 1 });
    deepEqual(seen, [{ text: "ä\u2028" }, TRACEPARENT]);
  });

  test("a malformed traceparent is none", async () => {
    const { nats, subject } = await pair((_body, { traceparent }) => ({ traceparent: traceparent ?? "none" }));
    const options = { timeoutMs: 5_000, traceparent: "00-nonsense" };
    deepEqual(await request(nats.nc, subject, {}, options), { traceparent: "none" });
  });

  test("an error of the catalogue travels whole, its cause stays", async () => {
    const { ask } = await pair(() => {
      throw new RollcallError("RATE_LIMITED", { retryAfterMs: 40, details: { op: 1 }, cause: new Error("inner") });
    });
    await rejects(ask(), (error: RollcallError) => {
      deepEqual([error.code, error.retryAfterMs, error.details], ["RATE_LIMITED", 40, { op: 1 }]);
      equal(error.cause, undefined);
      return true;
    });
  });

  test("[X4] anything else is INTERNAL and tells nothing", async () => {
    const { nats, subject } = await pair(() => Promise.reject(new Error("SECRET path")));
    const trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    const asking = request(nats.nc, subject, {}, { timeoutMs: 5_000, traceparent: `00-${trace}-00f067aa0ba902b7-01` });
    await rejects(asking, (error: RollcallError) => error.code === "INTERNAL" && !error.message.includes("SECRET"));
    ok(nats.log.events().includes("rpc.failed"));
    match(nats.log.text(), new RegExp(`"trace_id":"${trace}"`));
  });

  test("a body that is not JSON is PAYLOAD_INVALID, an empty one is {}", async () => {
    const { nats, subject } = await pair((body) => ({ body }));
    const raw = async (payload: string | Uint8Array) =>
      (await nats.nc.request(subject, payload, { timeout: 5_000 })).json();
    match(JSON.stringify(await raw("{nope")), /PAYLOAD_INVALID/);
    match(JSON.stringify(await raw(new Uint8Array([0xff, 0xfe]))), /PAYLOAD_INVALID/);
    deepEqual(await raw(""), { ok: true, data: { body: {} } });
  });

  test("nobody there is UNAVAILABLE at once, nobody in time is TIMEOUT", async () => {
    const { ask, nats } = await pair(() => new Promise(() => {}), { maxConcurrent: 1 });
    const nobody = request(nats.nc, "no.such.subject", {}, { timeoutMs: 60_000 });
    const failure = await nobody.catch((error: unknown) => error);
    equal((failure as RollcallError).code, "UNAVAILABLE");
    equal(isNoResponder(failure), true);
    const late = await ask({}, 20).catch((error: unknown) => error);
    equal((late as RollcallError).code, "TIMEOUT");
    equal(isNoResponder(late), false);
    cleanups.pop(); // the handler never ends, so neither would a close
  });

  test("more at once than allowed is OVERLOADED, with a time to wait", async () => {
    let release = () => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const { ask } = await pair(() => gate, { maxConcurrent: 2 });
    const held = [ask(), ask()];
    const refused = await ask().catch((error: unknown) => error as RollcallError);
    deepEqual([(refused as RollcallError).code, (refused as RollcallError).retryAfterMs], ["OVERLOADED", 1_000]);
    release();
    await Promise.all(held);
    deepEqual(await ask(), {});
  });

  test("what does not fit into a message is PAYLOAD_TOO_LARGE to ask, INTERNAL to answer", async () => {
    const { ask, nats } = await pair((body) => ((body as { big?: boolean }).big ? "x".repeat(2_000_000) : {}));
    equal(await codeOf(ask("x".repeat(2_000_000))), "PAYLOAD_TOO_LARGE");
    equal(await codeOf(ask({ big: true })), "INTERNAL");
    ok(nats.log.events().includes("rpc.reply_failed"));
    deepEqual(await ask(), {}, "the server goes on");
  });

  test("an answer that is no answer is INTERNAL", async () => {
    const nats = await connected(shared.url);
    const subject = freshSubject();
    for (const text of ["no json", "null", "[]", '{"ok":false}', '{"ok":1}', ""]) {
      const subscription = nats.nc.subscribe(subject, { callback: (_error, message) => void message.respond(text) });
      equal(await codeOf(request(nats.nc, subject, {}, { timeoutMs: 5_000 })), "INTERNAL", text);
      subscription.unsubscribe();
    }
  });

  test("replicas of one queue share the requests; each is answered once", async () => {
    const subject = freshSubject();
    const counts = [0, 0];
    for (const replica of [0, 1]) {
      const nats = await connected(shared.url);
      const served = serve(nats.nc, subject, { logger: nats.log.logger, queue: "q" }, () => {
        counts[replica] = (counts[replica] as number) + 1;
      });
      cleanups.push(() => served.close());
      await nats.nc.flush();
    }
    const asker = await connected(shared.url);
    await Promise.all(Array.from({ length: 200 }, () => request(asker.nc, subject, {}, { timeoutMs: 5_000 })));
    equal((counts[0] as number) + (counts[1] as number), 200);
    ok(Math.min(...counts) > 20, String(counts));
  });

  test("closing takes no more requests and answers those in hand", async () => {
    let release = () => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const nats = await connected(shared.url);
    const subject = freshSubject();
    const served = serve(nats.nc, subject, { logger: nats.log.logger }, () => gate.then(() => "done"));
    const held = request(nats.nc, subject, {}, { timeoutMs: 5_000 });
    await waitFor(() => served.active() === 1);
    let closed = false;
    const closing = served.close().then(() => {
      closed = true;
    });
    await waitFor(async () => (await codeOf(request(nats.nc, subject, {}, { timeoutMs: 1_000 }))) === "UNAVAILABLE");
    equal(closed, false);
    release();
    equal(await held, "done");
    await closing;
  });

  test("answers are counted by name and outcome", async () => {
    const metrics = createMetrics();
    const { ask } = await pair(
      (body) => {
        if ((body as { fail?: boolean }).fail) throw new RollcallError("CONFLICT");
      },
      { metrics, name: "presence.get" },
    );
    await ask();
    await codeOf(ask({ fail: true }));
    const text = await metrics.render();
    match(text, /rollcall_rpc_requests_total\{name="presence.get",code="OK"\} 1/);
    match(text, /rollcall_rpc_requests_total\{name="presence.get",code="CONFLICT"\} 1/);
  });
});
