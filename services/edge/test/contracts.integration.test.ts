import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Contracts } from "@rollcall/contracts";
import { createLogger, systemClock } from "@rollcall/runtime";
import { tempFolder, waitFor } from "@rollcall/testkit";
import { Manager } from "socket.io-client";
import { expect, it } from "vitest";
import { readContracts, watchContracts } from "../src/contract-files.ts";
import { RawSocket, textFrame } from "./fuzz/raw-socket.ts";
import { CONTRACT, startWorld } from "./harness.ts";

it("changed contract files are swapped between two events; files with mistakes change nothing", async () => {
  const folder = tempFolder("contracts");
  const file = join(folder, "app.yaml");
  copyFileSync(CONTRACT, file);
  await using world = await startWorld({ contracts: [folder] });
  const edge = world.edges[0]!.edge;
  const options = {
    paths: [folder],
    clock: systemClock,
    logger: createLogger({ service: "test", instance: "test", level: "silent" }),
    everyMs: 20,
  };
  const seen: Contracts[] = [];
  let rejected = 0;
  const watch = watchContracts(options, {
    changed(contracts) {
      seen.push(contracts);
      edge.setContracts(contracts);
    },
    rejected: () => rejected++,
  });

  const ann = await world.user(0, "ann");
  for (const room of ["doc:1", "chat:1"]) await ann.call("room:join", { room });
  expect(await ann.emitAck("chat:waved", { room: "doc:1", data: {} })).toMatchObject({
    error: { code: "EVENT_UNKNOWN" },
  });

  writeFileSync(file, "rollcall: 1\nnamespace: /\nrelays: { broken }");
  await waitFor(() => rejected === 1);
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
  edge.setContracts(await readContracts({ ...options, paths: [file] }));
  await waitFor(() => bob.connectErrors.length > 0);
  expect(bob.connectErrors[0]!.message).toBe("Invalid namespace");
  watch.stop();
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
