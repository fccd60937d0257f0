import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Contracts, loadContracts } from "@rollcall/contracts";
import { createLogger, createMetrics, openContracts, systemClock } from "@rollcall/runtime";
import { METRICS } from "@rollcall/telemetry";
import { tempFolder, waitFor } from "@rollcall/testkit";
import { Manager } from "socket.io-client";
import { expect, it } from "vitest";
import { RawSocket, textFrame } from "./fuzz/raw-socket.ts";
import { CONTRACT, startWorld } from "./harness.ts";

it("changed contract files are swapped between two events; files with mistakes change nothing", async () => {
  const folder = tempFolder("contracts");
  const file = join(folder, "app.yaml");
  copyFileSync(CONTRACT, file);
  await using world = await startWorld({ contracts: [folder] });
  const edge = world.edges[0]!.edge;
  const metrics = createMetrics();
  const files = await openContracts({
    paths: [folder],
    clock: systemClock,
    logger: createLogger({ service: "test", instance: "test", level: "silent" }),
    metrics,
    everyMs: 20,
  });
  const seen: Contracts[] = [];
  files.watch((contracts) => {
    seen.push(contracts);
    edge.setContracts(contracts);
  });

  const ann = await world.user(0, "ann");
  for (const room of ["doc:1", "chat:1"]) await ann.call("room:join", { room });
  expect(await ann.emitAck("chat:waved", { room: "doc:1", data: {} })).toMatchObject({
    error: { code: "EVENT_UNKNOWN" },
  });

  writeFileSync(file, "rollcall: 1\nnamespace: /\nrelays: { broken }");
  const rejected = metrics.counter(METRICS.contractsRejected);
  await waitFor(async () => (await rejected.get()).values.some(({ value }) => value === 1));
  expect(await ann.emitAck("chat:typing", { room: "chat:1", data: {} })).toMatchObject({ ok: true });

  const next = readFileSync(CONTRACT, "utf8")
    .replace('  "chat:*": {}\n', "")
    .replaceAll('["doc:*", "chat:*"]', '["doc:*"]')
    .replace('rooms: ["chat:*"]', 'rooms: ["doc:*"]')
    .replace("relays:\n", 'relays:\n  chat:waved: { rooms: ["doc:*"], payload: { type: object } }\n');
  writeFileSync(file, next);
  await waitFor(() => seen.length === 1);
  expect((await ann.waitForEvent("room:removed")).payload).toEqual({ room: "chat:1", reason: "forbidden" });
  expect(await ann.emitAck("chat:waved", { room: "doc:1", data: {} })).toMatchObject({ ok: true });
  expect(await ann.emitAck("room:join", { room: "chat:1" })).toMatchObject({ error: { code: "ROOM_UNKNOWN" } });

  writeFileSync(join(folder, "other.yaml"), "rollcall: 1\nnamespace: /other\nrooms: { 'doc:*': {} }\n");
  await waitFor(() => seen.length === 2);
  const bob = await world.user(0, "bob", { namespace: "/other", ns: ["/other"] });
  expect(await bob.emitAck("room:join", { room: "doc:1" })).toMatchObject({ ok: true, data: { count: 1 } });
  expect(ann.disconnects).toEqual([]);
  files.stop();
  const withoutOther = await loadContracts([file]);
  if (!withoutOther.ok) throw new Error("the contract has mistakes");
  edge.setContracts(withoutOther.contracts);
  await waitFor(() => bob.connectErrors.length > 0);
  expect(bob.connectErrors[0]!.message).toBe("Invalid namespace");
});

it("two namespaces share a connection: sessions come and go apart, and the connection ends with the last", async () => {
  const folder = tempFolder("contracts");
  copyFileSync(CONTRACT, join(folder, "app.yaml"));
  writeFileSync(
    join(folder, "other.yaml"),
    "rollcall: 1\nnamespace: /other\nrooms: { 'doc:*': {} }\nrelays: { 'a:b': { rooms: ['doc:*'], payload: {} } }\n",
  );
  await using world = await startWorld({ contracts: [folder] });
  const url = world.edges[0]!.url;
  const manager = new Manager(url, { transports: ["websocket"], forceNew: true, reconnection: false });
  const auth = { token: await world.keys.token({ user: "ann", ns: ["/", "/other"] }) };
  const [main, other] = [manager.socket("/", { auth }), manager.socket("/other", { auth })];
  await Promise.all([main, other].map((socket) => new Promise((resolve) => socket.once("session:ready", resolve))));
  const ask = (socket: typeof main, event: string, payload: unknown) =>
    socket.timeout(5_000).emitWithAck(event, payload);
  for (const socket of [main, other])
    expect(await ask(socket, "room:join", { room: "doc:1" })).toMatchObject({ ok: true, data: { count: 1 } });
  expect(await ask(main, "a:b", { room: "doc:1", data: 1 })).toMatchObject({ error: { code: "EVENT_UNKNOWN" } });
  main.disconnect();
  expect(await ask(other, "a:b", { room: "doc:1", data: 1 })).toMatchObject({ ok: true });
  expect(world.edges[0]!.edge.sessions).toBe(1);

  // By hand: a client that says DISCONNECT and stays.
  const raw = new RawSocket(Number(new URL(url).port));
  raw.upgrade();
  await waitFor(() => raw.isOpen);
  raw.send(textFrame(`40${JSON.stringify({ token: await world.keys.token({ user: "bob" }) })}`));
  await waitFor(() => raw.heard.includes("session:ready"));
  raw.send(textFrame("41"));
  await raw.closed;
  other.disconnect();
});
