import { type Random, seededRandom } from "@rollcall/runtime";
import { waitFor } from "@rollcall/testkit";
import type { Socket as ClientSocket } from "socket.io-client";
import { describe, expect, test } from "vitest";
import { DEFAULT_LANE_LIMITS, type DeliveryMember } from "../src/index.ts";
import { stockServer, tcpOf } from "./stock-server.ts";

const CLIENTS = 40;
const STALLED = 2;
const STEPS = 2_000;
const ROOMS = ["r:main/a", "r:main/b", "r:main/c", "r:main/d"];

/** Who should get what: the same bookkeeping as the delivery's, by plain sets. */
class Expected {
  readonly rooms = new Map<string, Set<string>>(ROOMS.map((room) => [room, new Set()]));
  readonly received = new Map<string, string[]>();

  to(targets: readonly string[], except: readonly string[], label: string): void {
    const excluded = new Set(except.flatMap((room) => [...(this.rooms.get(room) ?? [])]));
    const meant = new Set(targets.flatMap((room) => [...(this.rooms.get(room) ?? [])]));
    for (const name of meant) if (!excluded.has(name)) this.note(name, label);
  }
  note(name: string, label: string): void {
    this.received.get(name)?.push(label);
  }
}

const pick = <T>(random: Random, list: readonly T[]): T => list[random.int(list.length)]!;
const some = (random: Random, max: number): string[] => ROOMS.filter(() => random.int(ROOMS.length) < max);

describe.each([
  ["sliced", { sliceLanes: 7 }],
  ["whole", {}],
])("[W1] 40 stock clients, %s", (_name, limits) => {
  test("each gets exactly its messages in order: rooms, exceptions, emits, acks, stalled readers", async () => {
    const random = seededRandom(7);
    const expected = new Expected();
    await using server = await stockServer({
      delivery: { limits: { ...limits, softBytes: 1e9, hardBytes: 1e9 } },
      onMember(member, name) {
        member.socket.on("ask", (n: number, ack: (n: number) => void) => {
          expected.note(name, `ack ${n}`);
          ack(n);
        });
      },
    });
    const names = Array.from({ length: CLIENTS }, (_, i) => `c${i}`);
    const got = new Map<string, string[]>(names.map((name) => [name, []]));
    const clients = new Map<string, ClientSocket>();
    for (const name of names) {
      expected.received.set(name, []);
      const client = await server.connect(name);
      client.on("a:b", (label: string) => got.get(name)!.push(label));
      clients.set(name, client);
      for (const room of some(random, 3)) {
        server.delivery.join(server.member(name), room);
        expected.rooms.get(room)!.add(name);
      }
    }
    const stalled = names.slice(0, STALLED).map((name) => tcpOf(clients.get(name)!));
    for (const tcp of stalled) tcp.pause();

    let asked = 0;
    for (let n = 0; n < STEPS; n++) {
      const name = pick(random, names);
      const member = server.member(name);
      const label = `${n}`;
      const packet = JSON.stringify(["a:b", label, "x".repeat(random.int(1_000))]);
      switch (random.int(8)) {
        case 0:
          expected.note(name, label);
          member.socket.emit("a:b", label);
          break;
        case 1:
          expected.note(name, label);
          server.delivery.send(member, packet);
          break;
        case 2: {
          const ask = asked++;
          clients.get(name)!.emit("ask", ask, (answer: number) => got.get(name)!.push(`ack ${answer}`));
          break;
        }
        case 3: {
          const room = pick(random, ROOMS);
          const members = expected.rooms.get(room)!;
          if (members.delete(name)) server.delivery.leave(member, room);
          else {
            server.delivery.join(member, room);
            members.add(name);
          }
          break;
        }
        default: {
          const targets = some(random, 2);
          const except = some(random, 1);
          expected.to(targets, except, label);
          server.delivery.deliver(targets, except, packet, { namespace: "/", event: "a:b" });
        }
      }
      if (random.int(3) === 0) server.delivery.flush();
      if (random.int(20) === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    server.delivery.flush();
    for (const tcp of stalled) tcp.resume();
    const count = (lists: Map<string, string[]>) => [...lists.values()].reduce((sum, list) => sum + list.length, 0);
    await waitFor(() => count(got) === count(expected.received) && asked <= count(got), {
      timeoutMs: 20_000,
      what: () => `${count(expected.received)} messages (got ${count(got)})`,
    });
    for (const name of names) expect(got.get(name)).toEqual(expected.received.get(name));
    expect(count(got)).toBeGreaterThan(STEPS);
    expect(await server.metrics.render()).toContain("rollcall_fanout_fallbacks_total 0");
  });
});

test("internals: a connection of the installed socket.io, engine.io and ws has the expected shape", async () => {
  await using server = await stockServer();
  await server.connect("a");
  expect(server.member("a").lane.ports).toBeDefined();
});

test("internals: Node writes under the stream of a connection, which keeps what it could not take in order", async () => {
  await using server = await stockServer({ delivery: { limits: { softBytes: 1e9, hardBytes: 1e9 } } });
  const got: number[] = [];
  const client = await server.connect("a");
  client.on("a:b", (n: number) => got.push(n));
  const { lane, socket } = server.member("a");
  const { tcp } = lane.ports!;
  let throughStream = 0;
  const write = tcp.write.bind(tcp) as (...args: unknown[]) => boolean;
  tcp.write = (...args: unknown[]) => {
    throughStream++;
    return write(...args);
  };
  let sent = 0;
  const pad = "x".repeat(15_000);
  const send = () => {
    server.delivery.send(server.member("a"), JSON.stringify(["a:b", sent++, pad]));
    server.delivery.flush();
  };
  send();
  const learning = throughStream; // the first of the process, if it is this one
  for (let i = 0; i < 3; i++) send();
  await waitFor(() => got.length === sent);
  expect(throughStream).toBe(learning);

  tcpOf(client).pause();
  await waitFor(() => {
    send();
    return lane.restBytes > 0;
  });
  socket.emit("a:b", sent++);
  send();
  expect(throughStream).toBeGreaterThan(learning);
  tcpOf(client).resume();
  await waitFor(() => got.length === sent);
  expect(got).toEqual(Array.from({ length: sent }, (_, n) => n));
  await waitFor(() => lane.queuedBytes === 0);
});

test("a connection that is cut off while the network is full leaves nothing behind", async () => {
  await using server = await stockServer({ delivery: { limits: { softBytes: 1e9, hardBytes: 1e9 } } });
  const client = await server.connect("a");
  const member = server.member("a");
  tcpOf(client).pause();
  const pad = "x".repeat(15_000);
  await waitFor(() => {
    server.delivery.send(member, JSON.stringify(["a:b", pad]));
    server.delivery.flush();
    return member.lane.restBytes > 0;
  });
  member.lane.ports!.tcp.resetAndDestroy();
  await waitFor(() => member.lane.restBytes === 0 && !server.delivery.isServed(member));
  server.delivery.send(member, JSON.stringify(["a:b", pad]));
  server.delivery.flush();
  expect(await server.metrics.render()).toContain("rollcall_edge_write_buffer_bytes 0");
});

test("compression makes writing past engine.io wrong: served by stock writes, and counted", async () => {
  await using server = await stockServer({ server: { perMessageDeflate: true } });
  const client = await server.connect("a");
  const got: unknown[] = [];
  client.on("a:b", (value) => got.push(value));
  server.delivery.join(server.member("a"), ROOMS[0]!);
  server.delivery.deliver([ROOMS[0]!], [], '["a:b",1]', { namespace: "/", event: "a:b" });
  server.member("a").socket.emit("a:b", 2);
  server.delivery.deliver([ROOMS[0]!], [], '["a:b",3]', { namespace: "/", event: "a:b" });
  server.delivery.flush();
  await waitFor(() => got.length === 3);
  expect(got).toEqual([1, 2, 3]);
  expect(await server.metrics.render()).toContain("rollcall_fanout_fallbacks_total 1");
});

describe("[W2] a client that stops reading", () => {
  test("is told about, then given up, with bounded bytes; others do not notice", async () => {
    const told: string[] = [];
    await using server = await stockServer({
      delivery: {
        onPressure: () => told.push("pressure"),
        onSlow: (member) => {
          told.push("slow");
          member.socket.conn.close();
        },
      },
    });
    const stalled = await server.connect("stalled");
    const healthy = await server.connect("healthy");
    let received = 0;
    healthy.on("a:b", () => received++);
    for (const name of ["stalled", "healthy"]) server.delivery.join(server.member(name), ROOMS[0]!);
    tcpOf(stalled).pause();
    const { conn } = server.member("stalled").socket;
    const tcp = server.member("stalled").lane.ports!.tcp;
    const packet = JSON.stringify(["a:b", "x".repeat(4_000)]);
    const { softBytes, hardBytes } = DEFAULT_LANE_LIMITS;
    let sent = 0;
    let most = 0;
    const deliver = (count: number) => {
      for (let i = 0; i < count; i++, sent++) {
        server.delivery.deliver([ROOMS[0]!], [], packet, { namespace: "/", event: "a:b" });
      }
      server.delivery.flush();
      most = Math.max(most, tcp.writableLength);
    };
    const pace = { timeoutMs: 20_000, everyMs: 1 };
    await waitFor(() => {
      if (tcp.writableLength < 2 * softBytes) deliver(5);
      return told.includes("pressure");
    }, pace);
    await waitFor(() => {
      deliver(20);
      return conn.readyState !== "open";
    }, pace);
    expect(told).toEqual(["pressure", "slow"]);
    expect(most).toBeLessThanOrEqual(hardBytes);
    await waitFor(() => received === sent, { what: () => `${sent} messages (got ${received})` });
    tcpOf(stalled).resume();
  });

  test("gets the newest of what is volatile when it reads again", async () => {
    await using server = await stockServer({ delivery: { limits: { softBytes: 1e9, hardBytes: 1e9 } } });
    const client = await server.connect("a");
    const got: number[] = [];
    client.on("a:v", (n: number) => got.push(n));
    const member = server.member("a");
    server.delivery.join(member, ROOMS[0]!);
    tcpOf(client).pause();
    const filler = JSON.stringify(["a:b", "x".repeat(100_000)]);
    const options = { namespace: "/", event: "a:v", volatile: true };
    let n = 0;
    await waitFor(
      () => {
        server.delivery.deliver([ROOMS[0]!], [], filler, { namespace: "/", event: "a:b" });
        server.delivery.flush();
        return member.lane.awaited > 0;
      },
      { timeoutMs: 20_000, everyMs: 1 },
    );
    for (; n < 500; n++) server.delivery.deliver([ROOMS[0]!], [], JSON.stringify(["a:v", n]), options);
    server.delivery.flush();
    tcpOf(client).resume();
    await waitFor(() => got.length > 0, { timeoutMs: 20_000 });
    expect(got).toEqual([499]);
  });
});

test("[P16] closed connections leave nothing behind", async () => {
  await using server = await stockServer();
  const closings: ((client: ClientSocket, name: string) => void)[] = [
    (client) => client.disconnect(),
    (client) => client.io.engine.close(),
    (_client, name) => server.member(name).socket.disconnect(true),
    (_client, name) => server.member(name).socket.conn.close(),
    (_client, name) => server.member(name).lane.ports!.tcp.destroy(),
  ];
  const members = [];
  for (const [i, close] of closings.entries()) {
    const client = await server.connect(`c${i}`);
    const member = server.member(`c${i}`);
    members.push(member);
    server.delivery.join(member, ROOMS[0]!);
    server.delivery.deliver([ROOMS[0]!], [], '["a:b",1]', { namespace: "/", event: "a:b" });
    close(client, `c${i}`);
    server.delivery.flush();
    await waitFor(() => !member.socket.connected && member.lane.isClosed, { what: `closing ${i}` });
  }
  expect(server.delivery.targets).toBe(0);
  for (const { lane } of members) {
    expect(lane.pending).toBeUndefined();
    expect((lane.conn as unknown as { listenerCount(event: string): number }).listenerCount("packetCreate")).toBe(0);
  }
});

test("two namespaces on one connection: one lane, both in order, detached one by one", async () => {
  await using server = await stockServer();
  const chat = server.io.of("/chat");
  const chatMembers: DeliveryMember[] = [];
  chat.on("connection", (socket) => chatMembers.push(server.delivery.attach(socket)));
  const client = await server.connect("a");
  const second = client.io.socket("/chat", { auth: { name: "a" } });
  await waitFor(() => second.connected && chatMembers.length === 1, { what: "the second namespace" });
  const [member, chatMember] = [server.member("a"), chatMembers[0]!];
  expect(chatMember.lane).toBe(member.lane);
  const got: unknown[] = [];
  client.on("a:b", (n) => got.push(n));
  second.on("a:b", (n) => got.push(n));
  server.delivery.join(member, ROOMS[0]!);
  server.delivery.join(chatMember, ROOMS[0]!);
  for (let n = 0; n < 10; n++) {
    const namespace = n % 2 === 0 ? "/" : "/chat";
    server.delivery.deliver([ROOMS[0]!], [], JSON.stringify(["a:b", n]), { namespace, event: "a:b" });
  }
  server.delivery.flush();
  await waitFor(() => got.length === 10);
  expect(got).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  server.delivery.detach(member);
  expect(member.lane.isClosed).toBe(false);
  server.delivery.detach(chatMember);
  expect(member.lane.isClosed).toBe(true);
});
