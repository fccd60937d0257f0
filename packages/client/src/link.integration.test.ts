import { waitFor } from "@rollcall/testkit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type SocketEdge, startSocketEdge } from "../test/socket-edge.ts";
import { type Client, type ClientOptions, createClient } from "./client.ts";

let server: SocketEdge;
const clients: Client[] = [];
const errors: unknown[] = [];

beforeEach(async () => {
  server = await startSocketEdge();
});
afterEach(async () => {
  for (const client of clients.splice(0)) await client.close();
  await server.close();
  expect(errors.splice(0)).toEqual([]);
});

function client(user: string, options: Partial<ClientOptions> = {}): Client {
  const made = createClient({ url: server.url, token: () => user, onError: (error) => errors.push(error), ...options });
  clients.push(made);
  return made;
}
const phase = (one: Client, expected: string) =>
  waitFor(() => one.status.get().phase === expected, { timeoutMs: 15_000, what: `${expected}` });

describe("over real sockets", () => {
  it("two clients meet in a room, write its state, talk, and see each other go", async () => {
    const ann = client("ann").room("doc:1");
    const bob = client("bob").room("doc:1");
    await Promise.all([ann.join(), bob.join()]);
    await waitFor(() => ann.members.get().length === 2, { timeoutMs: 5_000, what: "both are shown" });
    const heard: unknown[] = [];
    bob.on("chat:said", (data, { seq }) => heard.push([data, seq]));
    await ann.publish("chat:said", "hi");
    await ann.state.set("title", "plan");
    await waitFor(() => bob.state.get("title") === "plan" && heard.length === 1, {
      timeoutMs: 5_000,
      what: "bob hears",
    });
    expect(heard).toEqual([["hi", 1]]);
    await bob.leave();
    await waitFor(() => ann.members.get().length === 1, { timeoutMs: 5_000, what: "bob is gone" });
  });

  it("[C5] a transport that closes is opened again, the session resumed, the room rejoined", async () => {
    const one = client("ann");
    const room = one.room("doc:1");
    await room.join();
    const { rosterVersion } = server.edge.room("doc:1");
    server.cut();
    await waitFor(() => room.status.get() === "stale", { timeoutMs: 5_000, what: "stale" });
    await waitFor(() => room.status.get() === "live", { timeoutMs: 15_000, what: "live again" });
    expect(one.status.get()).toMatchObject({ session: { resumed: true } });
    expect(server.edge.room("doc:1").rosterVersion).toBe(rosterVersion);
  });

  it("[C5] a refused upgrade is tried again", async () => {
    server.refuseUpgrades = true;
    const one = client("ann");
    await phase(one, "waiting");
    expect(one.status.get()).toMatchObject({
      reason: "unreachable",
      error: { code: "OFFLINE", message: "websocket error", cause: expect.any(Error) },
    });
    server.refuseUpgrades = false;
    await phase(one, "online");
  });

  it("[C6] a CONNECT_ERROR is an end with the server's code", async () => {
    server.edge.refuse("connect", "AUTH_INVALID");
    const one = client("ann");
    await phase(one, "ended");
    expect(one.status.get()).toMatchObject({ reason: "refused", error: { code: "AUTH_INVALID" } });
    one.connect();
    await phase(one, "online");
  });

  it("[C6] an unknown namespace is an end too, though Socket.IO says so in its own words", async () => {
    const one = client("ann", { namespace: "/nowhere" });
    await phase(one, "ended");
    expect(one.status.get()).toMatchObject({ error: { code: "NAMESPACE_UNKNOWN", message: "Invalid namespace" } });
  });

  it("[C8] a drain is left without a DISCONNECT packet", async () => {
    const one = client("ann");
    const room = one.room("doc:1");
    await room.join();
    const [connection] = server.edge.connections;
    server.edge.tellAll("server:drain", { reconnectInMs: 200 });
    await waitFor(() => !server.edge.connections.has(connection!), {
      timeoutMs: 5_000,
      what: "the old connection is gone",
    });
    await waitFor(() => room.status.get() === "live" && server.edge.connections.size === 1, {
      timeoutMs: 5_000,
      what: "back",
    });
    expect(server.edge.room("doc:1").rosters.at(-1)!.has("ann")).toBe(true);
    expect(server.edge.sessions.size).toBe(1);
  });

  it("[C12] close is a goodbye: the room sees the user leave at once", async () => {
    const ann = client("ann").room("doc:1");
    const bob = client("bob");
    await ann.join();
    await bob.room("doc:1").join();
    await bob.close();
    await waitFor(() => ann.members.get().length === 1, { timeoutMs: 5_000, what: "bob is gone" });
    expect(server.edge.sessions.size).toBe(1);
  });

  it("[C7] [C11] a replaced session ends, and does not fight its successor", async () => {
    const session = "the-same-session-id";
    const first = client("ann", { session });
    await phase(first, "online");
    const second = client("ann", { session });
    await phase(first, "ended");
    expect(first.status.get()).toMatchObject({ reason: "replaced" });
    await phase(second, "online");
    first.connect();
    await phase(first, "online");
    expect(second.status.get().phase).toBe("online");
  });

  it("[Q1] nothing that was asked before the connection or during a loss is sent behind the app's back", async () => {
    const one = client("ann");
    await expect(one.call("ticket:reply", 1)).rejects.toMatchObject({ code: "OFFLINE" });
    await phase(one, "online");
    server.cut();
    await phase(one, "waiting");
    expect(one.status.get()).toMatchObject({ reason: "lost", error: { code: "OFFLINE", message: "transport close" } });
    await expect(one.call("ticket:reply", 2)).rejects.toMatchObject({ code: "OFFLINE" });
    await phase(one, "online");
    await expect(one.call("ticket:reply", 3)).resolves.toBe(3);
    expect(server.edge.count("ticket:reply")).toBe(1);
  });
});
