import { deepEqual, equal, match, rejects } from "node:assert/strict";
import { createServer, type Server as HttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import { RollcallError } from "@rollcall/contracts";
import { Server } from "socket.io";
import { afterEach, beforeEach, test } from "vitest";
import { type ClientOptions, client, type TestClient } from "./client.ts";
import { waitFor } from "./wait-for.ts";

type Auth = Record<string, unknown>;

let http: HttpServer;
let io: Server;
let auths: Auth[];
const clients: TestClient[] = [];

/** A stock server that behaves like an edge as far as the recorder looks. */
beforeEach(async () => {
  auths = [];
  http = createServer();
  io = new Server(http, { transports: ["websocket"] });
  io.use((socket, next) => {
    const auth = socket.handshake.auth as Auth;
    auths.push(auth);
    if (auth.token === "good") return next();
    next(Object.assign(new Error("AUTH_INVALID"), { data: { code: "AUTH_INVALID" } }));
  });
  io.on("connection", (socket) => {
    const session = (socket.handshake.auth as Auth).session ?? "made-by-the-server";
    socket.emit("session:ready", { session, resumed: "session" in (socket.handshake.auth as Auth) });
    socket.on("echo", (payload, ...rest) => {
      const ack = rest.at(-1) as (reply: unknown) => void;
      ack({ ok: true, data: { payload, meta: rest.length > 1 ? rest[0] : undefined } });
    });
    socket.on("refuse", (_payload, ack) => ack({ ok: false, error: { code: "FORBIDDEN", message: "no" } }));
    socket.on("silent", () => {});
    socket.on("tell", (payload, ack) => {
      socket.emit("told", payload, { id: "m1" });
      ack({ ok: true, data: {} });
    });
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
});
afterEach(async () => {
  for (const made of clients.splice(0)) await made.close();
  await io.close();
});

function open(token = "good", options: ClientOptions = {}): TestClient {
  const made = client(`http://127.0.0.1:${(http.address() as AddressInfo).port}`, token, {
    checked: false,
    ...options,
  });
  clients.push(made);
  return made;
}

test("ready is the session's greeting; acks and their data come back", async () => {
  const one = open("good", { session: "mine-mine-mine-mine", presence: { status: "away" } });
  equal((await one.ready()).session, "mine-mine-mine-mine");
  deepEqual(auths, [{ token: "good", session: "mine-mine-mine-mine", presence: { status: "away" } }]);
  deepEqual(await one.emitAck("echo", { a: 1 }), { ok: true, data: { payload: { a: 1 } } });
  deepEqual(await one.call("echo", { a: 1 }, { id: "x" }), { payload: { a: 1 }, meta: { id: "x" } });
});

test("a refused call throws the error it names, an unanswered one rejects", async () => {
  const one = open();
  await one.ready();
  await rejects(one.call("refuse"), (error: unknown) => error instanceof RollcallError && error.code === "FORBIDDEN");
  await rejects(one.emitAck("silent", {}, undefined, 20), /timed out/);
});

test("a refusal rejects ready with its data", async () => {
  const one = open("bad");
  await rejects(one.ready(), (error: Error & { data?: { code?: string } }) => {
    deepEqual([error.message, error.data?.code], ["AUTH_INVALID", "AUTH_INVALID"]);
    return true;
  });
  equal(one.connectErrors.length, 1);
});

test("events are recorded in order, found when they came and when they come", async () => {
  const one = open();
  await one.ready();
  const coming = one.waitForEvent("told", ({ payload }) => (payload as { n: number }).n === 2);
  await one.call("tell", { n: 1 });
  await one.call("tell", { n: 2 });
  deepEqual((await coming).payload, { n: 2 });
  const [first] = one.eventsOf("told");
  deepEqual([first?.payload, first?.meta], [{ n: 1 }, { id: "m1" }]);
  one.clearEvents();
  equal(one.events.length, 0);
  await rejects(
    one.waitForEvent("told", () => true, 20),
    (error: Error) => match(error.message, /told \(got nothing\)/) === undefined,
  );
});

test("a dropped connection comes back by itself and presents its session", async () => {
  const one = open("good", { io: { reconnectionDelay: 10 } });
  equal((await one.ready()).resumed, false);
  const again = one.nextReady();
  one.dropConnection();
  deepEqual({ ...(await again) }, { session: "made-by-the-server", resumed: true });
  equal(one.disconnects.length, 1);
  equal(auths.at(-1)?.session, "made-by-the-server");
});

test("two clients of one process have a connection each; closing is for good", async () => {
  const [one, two] = [open(), open()];
  await Promise.all([one.ready(), two.ready()]);
  equal(io.engine.clientsCount, 2);
  await one.close();
  await waitFor(() => io.engine.clientsCount === 1);
  deepEqual(one.disconnects, ["io client disconnect"]);
});
