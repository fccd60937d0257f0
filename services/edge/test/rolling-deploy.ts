/**
 * A rolling restart of every edge, or what else a deploy does, while clients sit in rooms and durable events arrive for them, and what must hold
 * after it: nobody was shown offline or leaving, nothing durable was lost, nobody came back faster than is admitted.
 */

import { connect, headers } from "@nats-io/transport-node";
import { systemClock } from "@rollcall/runtime";
import { type Cluster, type ServiceProcess, type TestClient, waitFor } from "@rollcall/testkit";
import { expect } from "vitest";

export const ROLLING_CONTRACT = new URL("rolling.yaml", import.meta.url).pathname;

export interface RollingOptions {
  clients: number;
  rooms: number;
  /** Durable events a second, each for one of the clients in turn. */
  eventsPerSecond: number;
  /** Of each edge: its setting. */
  admissionsPerSecond: number;
}

export interface RollingReport {
  clients: number;
  published: number;
  /** Events their user never heard of. */
  lost: number;
  offline: number;
  leaves: number;
  reconnects: number;
  /** In any one second. */
  mostReconnectsPerSecond: number;
  longestAwayMs: number;
  /** Attempts that were told to come again. */
  refused: number;
}

/** Of a machine that does other work. */
const PATIENCE_MS = 60_000;
const BATCH = 50;

/** What stands before the edges: each attempt of a client goes to the next edge in turn, and to none that stops. */
class Balancer {
  stopping: ServiceProcess | undefined;
  readonly #edges: readonly ServiceProcess[];
  #turn = 0;

  constructor(edges: readonly ServiceProcess[]) {
    this.#edges = edges;
  }

  /** From now on, wherever it is told to go: the library asks its manager's address at each attempt. */
  lead({ socket }: TestClient): void {
    const manager = socket.io as unknown as { uri: string };
    socket.io.on("reconnect_attempt", () => {
      manager.uri = this.#next().url;
    });
  }

  #next(): ServiceProcess {
    const open = this.#edges.filter((edge) => edge !== this.stopping);
    return open[this.#turn++ % open.length]!;
  }
}

/** A client as an app has it: whenever it is back it joins its room and reads its inbox. */
class Resident {
  readonly heard = new Set<number>();
  readonly returnedAtMs: number[] = [];
  readonly resumed: boolean[] = [];
  longestAwayMs = 0;
  edge = "";
  #goneAtMs: number | undefined;

  readonly #client: TestClient;
  readonly #room: string;

  constructor(client: TestClient, room: string) {
    this.#client = client;
    this.#room = room;
    const { socket } = client;
    socket.on("disconnect", () => {
      this.#goneAtMs = systemClock.monotonic();
    });
    socket.on("session:ready", (ready: { edge: string; resumed: boolean }) => {
      this.edge = ready.edge;
      if (this.#goneAtMs === undefined) return;
      const now = systemClock.monotonic();
      this.longestAwayMs = Math.max(this.longestAwayMs, now - this.#goneAtMs);
      this.returnedAtMs.push(now);
      this.resumed.push(ready.resumed);
      void this.settle();
    });
    socket.on("task:assigned", ({ n }: { n: number }) => this.heard.add(n));
  }

  get left(): string[] {
    return this.#client.eventsOf("room:roster").flatMap(({ payload }) => (payload as { left?: string[] }).left ?? []);
  }
  get disconnects(): readonly string[] {
    return this.#client.disconnects;
  }
  get refused(): number {
    return this.#client.connectErrors.length;
  }
  count(): Promise<number> {
    return this.#client.call<{ count: number }>("room:members", { room: this.#room }).then(({ count }) => count);
  }

  /** Joins, and reads what came while it was away: its newest hundred, and it has fewer. */
  async settle(): Promise<void> {
    const { socket } = this.#client;
    const ask = (event: string, payload: object) =>
      waitFor(async () => !socket.connected || (await this.#client.emitAck(event, payload)).ok, {
        timeoutMs: PATIENCE_MS,
        everyMs: 500,
        what: `${event} to be answered`,
      });
    await ask("room:join", { room: this.#room });
    await waitFor(
      async () => {
        if (!socket.connected) return true; // it will begin again
        const ack = await this.#client.emitAck("inbox:sync", {});
        if (!ack.ok) return false;
        const { events } = ack.data as { events: [string, { n: number }][] };
        for (const [, { n }] of events) this.heard.add(n);
        return true;
      },
      { timeoutMs: PATIENCE_MS, everyMs: 500, what: "an inbox" },
    );
  }
}

/** `deploy` does what is done meanwhile. Default: each edge is restarted, one after the other. */
export async function rollingRestart(
  cluster: Cluster,
  options: RollingOptions,
  deploy: (restart: (edge: ServiceProcess) => Promise<void>) => Promise<void> = async (restart) => {
    for (const edge of cluster.edges) await restart(edge);
  },
): Promise<RollingReport> {
  const { clients, rooms, eventsPerSecond, admissionsPerSecond } = options;
  const roomOf = (index: number) => `doc:roll-${index % rooms}`;
  const balancer = new Balancer(cluster.edges);
  const residents: Resident[] = [];
  const arrive = async (index: number) => {
    const client = await cluster.client(index % cluster.edges.length, { user: `u${index}` });
    balancer.lead(client);
    const one = new Resident(client, roomOf(index));
    await client.ready(PATIENCE_MS);
    await one.settle();
    return one;
  };
  for (let i = 0; i < clients; i += BATCH) {
    const batch = Array.from({ length: Math.min(BATCH, clients - i) }, (_, k) => arrive(i + k));
    residents.push(...(await Promise.all(batch)));
  }
  const offline = await watchAll(cluster, balancer, clients);
  const feed = await feeding(cluster, clients, eventsPerSecond);

  let published: Awaited<ReturnType<Feed["stop"]>> = [];
  try {
    await deploy(async (edge) => {
      const drained = residents.filter((one) => one.edge === edge.name);
      const returns = drained.map((one) => one.returnedAtMs.length);
      balancer.stopping = edge;
      await edge.restart();
      balancer.stopping = undefined;
      await waitFor(() => drained.every((one, i) => one.returnedAtMs.length > returns[i]!), {
        timeoutMs: PATIENCE_MS,
        everyMs: 100,
        what: `everyone of ${edge.name} to be back`,
      });
    });
  } finally {
    published = await feed.stop(); // it would go on into whatever is tested next
  }
  const lost = () => published.filter(({ user, n }) => !residents[user]!.heard.has(n)).length;
  await waitFor(() => lost() === 0, { timeoutMs: PATIENCE_MS, everyMs: 100, what: () => `${lost()} durable events` });
  await waitFor(
    async () => {
      const counts = await Promise.all(residents.slice(0, rooms).map((one) => one.count()));
      return counts.reduce((sum, count) => sum + count, 0) === clients;
    },
    { timeoutMs: PATIENCE_MS, everyMs: 100, what: "everyone in their room" },
  );

  const returns = residents.flatMap((one) => one.returnedAtMs).toSorted((a, b) => a - b);
  const report: RollingReport = {
    clients,
    published: published.length,
    lost: lost(),
    offline: offline.size,
    leaves: residents.flatMap((one) => one.left).length,
    reconnects: returns.length,
    mostReconnectsPerSecond: mostPerSecond(returns),
    longestAwayMs: Math.round(Math.max(...residents.map((one) => one.longestAwayMs))),
    refused: residents.reduce((sum, one) => sum + one.refused, 0),
  };
  expect(report, JSON.stringify(report)).toMatchObject({ lost: 0, offline: 0, leaves: 0 });
  expect(report.published).toBeGreaterThan(0);
  // All edges but the one that stops.
  expect(report.mostReconnectsPerSecond).toBeLessThanOrEqual(admissionsPerSecond * (cluster.edges.length - 1));
  for (const one of residents) {
    expect(one.resumed).not.toContain(false);
    expect(new Set(one.disconnects)).toEqual(new Set(["transport close"]));
  }
  return report;
}

/** Whom a watcher, itself moved once, is told to be offline. */
async function watchAll(cluster: Cluster, balancer: Balancer, clients: number): Promise<Set<string>> {
  const watcher = await cluster.client(0, { user: "watcher" });
  balancer.lead(watcher);
  const users = Array.from({ length: Math.min(clients, 2_000) }, (_, i) => `u${i}`); // as many as a socket may watch
  const offline = new Set<string>();
  const note = (changes: { user: string; status: string }[]) => {
    for (const { user, status } of changes) if (status === "offline") offline.add(user);
  };
  const watch = async () => {
    for (let i = 0; i < users.length; i += 200) {
      const some = users.slice(i, i + 200);
      await waitFor(
        async () => {
          const ack = await watcher.emitAck("presence:watch", { users: some });
          if (ack.ok) note((ack.data as { users: { user: string; status: string }[] }).users);
          return ack.ok;
        },
        { timeoutMs: PATIENCE_MS, everyMs: 500, what: "a watch" },
      );
    }
  };
  await watcher.ready(PATIENCE_MS);
  await watch();
  watcher.socket.on("presence:changed", ({ changes }: { changes: { user: string; status: string }[] }) =>
    note(changes),
  );
  watcher.socket.on("session:ready", () => void watch());
  return offline;
}

interface Feed {
  /** What JetStream took. */
  stop(): Promise<{ user: number; n: number }[]>;
}

async function feeding(cluster: Cluster, clients: number, perSecond: number): Promise<Feed> {
  const nats = await connect({ servers: cluster.natsUrl });
  const published: { user: number; n: number }[] = [];
  const end = new AbortController();
  const running = (async () => {
    for (let n = 0; !end.signal.aborted; n++) {
      const user = n % clients;
      const named = headers();
      const attributes = { id: `task-${n}`, type: "test.task.assigned", source: "test:tasks", specversion: "1.0" };
      for (const [name, value] of Object.entries(attributes)) named.set(`ce-${name}`, value);
      const task = JSON.stringify({ to: `u${user}`, n });
      const reply = await nats.request("events.main.tasks.assigned", task, { headers: named, timeout: PATIENCE_MS });
      if (reply.json<{ seq?: number }>().seq !== undefined) published.push({ user, n });
      await systemClock.sleep(1_000 / perSecond);
    }
  })();
  return {
    async stop() {
      end.abort();
      await running;
      await nats.close();
      return published;
    },
  };
}

function mostPerSecond(sorted: readonly number[]): number {
  let most = 0;
  for (let from = 0, to = 0; to < sorted.length; to++) {
    while (sorted[to]! - sorted[from]! >= 1_000) from++;
    most = Math.max(most, to - from + 1);
  }
  return most;
}
