/** A cluster that is given one kind of work at a time, or a mixture, and what its parts spend on it: for B13. */

import { headers, type NatsConnection } from "@nats-io/nats-core";
import { type Cpu, PARTS, type Part, type Traffic } from "@rollcall/capacity";
import { systemClock } from "@rollcall/runtime";
import { waitFor } from "@rollcall/testkit";
import { Fleet } from "../fleet/fleet.ts";
import { connectClient, type LoadClient } from "../fleet/load-client.ts";
import type { Contender } from "../harness/bench.ts";
import { cpuUs, redisUsage } from "../harness/usage.ts";
import { startWorld, type World } from "../servers/world.ts";
import { emitterOf, TEXT } from "./emit.ts";

/** Of the cluster's own traffic: nobody is in these rooms. */
const NOWHERE = "bench:nowhere";
const CROWD = "bench:crowd";
const ALONE = "bench:alone";
/** Long enough for a session's grace and the sweep after it. */
const GONE_MS = 16_000;
const TICK_MS = 20;
/** Between two pieces of work that come one by one, as they do below saturation: in batches each is cheaper. */
const PIECE_MS = 3;
const COMING_MS = 25;
const SENDERS = 10;
const BURST = 50;

export class Capacity implements AsyncDisposable {
  readonly #stack: AsyncDisposableStack;
  readonly #world: World;
  readonly #nc: NatsConnection;
  readonly #fleet: Fleet;
  #users = 0;

  constructor(stack: AsyncDisposableStack, world: World, nc: NatsConnection, fleet: Fleet) {
    this.#stack = stack;
    this.#world = world;
    this.#nc = nc;
    this.#fleet = fleet;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }

  /** What a second costs as things are. */
  second(windowMs: number): Promise<Cpu> {
    return this.#spent(() => systemClock.sleep(windowMs), windowMs / 1_000);
  }

  /** One log entry that concerns nobody. `quiet`: what a second costs without it. */
  entries(count: number, quiet: Cpu): Promise<Cpu> {
    const emit = emitterOf(this.#world, NOWHERE);
    return this.#spent(() => oneByOne(count, () => emit(1)), count, quiet);
  }

  /** One such entry of many that come together. */
  together(count: number, quiet: Cpu): Promise<Cpu> {
    const emit = emitterOf(this.#world, NOWHERE);
    const bursts = Math.ceil(count / BURST);
    return this.#spent(() => oneByOne(bursts, () => emit(BURST)), bursts * BURST, quiet);
  }

  /** CPU of a second with so many entries, as they come. */
  async stream(perSecond: number, windowMs: number): Promise<Cpu> {
    const emit = emitterOf(this.#world, NOWHERE);
    let sent = 0;
    return this.#spent(async () => {
      const startMs = systemClock.monotonic();
      for (let tookMs = 0; tookMs < windowMs; tookMs = systemClock.monotonic() - startMs) {
        const due = Math.floor((tookMs * perSecond) / 1_000) - sent;
        if (due > 0) await emit(due);
        sent += Math.max(0, due);
        await systemClock.sleep(1);
      }
    }, windowMs / 1_000);
  }

  /** One client that comes, is in `rooms` of its own, and goes without a word. */
  async comings(count: number, rooms: number, quiet: Cpu): Promise<Cpu> {
    const plans = await this.#plans(count, (n) => Array.from({ length: rooms }, (_, i) => `bench:own-${n}-${i}`));
    return this.#spent(
      async () => {
        await this.#fleet.connect(this.#world.target(), plans, [0, count * COMING_MS]);
        await this.#fleet.drop();
        await systemClock.sleep(GONE_MS);
      },
      count,
      quiet,
    );
  }

  /** One message of a client, alone in its room. */
  async relays(count: number, quiet: Cpu): Promise<Cpu> {
    const sender = await this.#client(["bench:own"]);
    const spent = await this.#spent(
      () => oneByOne(count, (n) => sender.publish("bench:own", { n, text: TEXT })),
      count,
      quiet,
    );
    sender.drop();
    return spent;
  }

  /** One event of a backend to a room with nobody in it. */
  events(count: number, quiet: Cpu): Promise<Cpu> {
    return this.#spent(
      async () => {
        await oneByOne(count, async () => this.#tell(NOWHERE));
        await this.#notified();
      },
      count,
      quiet,
    );
  }

  /** One entry that one client gets. */
  async handouts(count: number, quiet: Cpu): Promise<Cpu> {
    const listener = await this.#client([ALONE]);
    const emit = emitterOf(this.#world, ALONE);
    const spent = await this.#spent(() => oneByOne(count, () => emit(1)), count, quiet);
    listener.drop();
    return spent;
  }

  /** Clients that stay, all in one room. */
  async settle(count: number): Promise<void> {
    await this.#fleet.connect(this.#world.target(), await this.#plans(count, () => [CROWD]));
    await systemClock.sleep(GONE_MS / 4);
  }

  /** One entry that all of `clients` get, one at a time. */
  async deliveries(clients: number, count: number, quiet: Cpu): Promise<Cpu> {
    const emit = emitterOf(this.#world, CROWD);
    const { events } = await this.#fleet.tally();
    return this.#spent(
      async () => {
        for (let n = 0; n < count; n++) {
          await emit(1);
          await systemClock.sleep(TICK_MS);
        }
        await waitFor(async () => (await this.#fleet.tally()).events >= events + count * clients, {
          timeoutMs: 120_000,
          everyMs: 100,
        });
      },
      count,
      quiet,
    );
  }

  /** CPU of a second of this traffic; those who come and go have been at it for a while. */
  async mixture(traffic: Traffic, windowMs: number): Promise<Cpu> {
    const { users, rooms, roomSize, relays, events, connects } = traffic;
    const edges = this.#world.cluster!.edges.length;
    const groups = Math.max(1, Math.round(users / roomSize));
    const roomsOf = (n: number) => Array.from({ length: rooms }, (_, i) => `bench:mixed-${i}-${n % groups}`);
    const fleets = await Promise.all(Array.from({ length: edges }, () => Fleet.start()));
    for (const [i, fleet] of fleets.entries()) {
      this.#stack.use(fleet);
      await fleet.connect(this.#world.target(i), await this.#plans(Math.round(users / edges), roomsOf));
    }
    const senders = await Promise.all(
      Array.from({ length: SENDERS }, (_, i) => this.#client([`bench:mixed-0-${i % groups}`], i % edges)),
    );
    const ended = new AbortController();
    const churning = this.#churn(connects, roomsOf, ended.signal);
    if (connects > 0) await systemClock.sleep(GONE_MS);
    const sent = { relays: 0, events: 0 };
    const waiting: Promise<void>[] = [];
    const spent = await this.#spent(async () => {
      const startMs = systemClock.monotonic();
      for (let tookMs = 0; tookMs < windowMs; tookMs = systemClock.monotonic() - startMs) {
        for (; sent.relays < (tookMs * relays) / 1_000; sent.relays++) {
          const i = sent.relays % SENDERS;
          waiting.push(senders[i]!.publish(`bench:mixed-0-${i % groups}`, { n: sent.relays, text: TEXT }));
        }
        for (; sent.events < (tookMs * events) / 1_000; sent.events++)
          this.#tell(`bench:mixed-0-${sent.events % groups}`);
        await systemClock.sleep(TICK_MS);
      }
      await Promise.all(waiting);
    }, windowMs / 1_000);
    ended.abort();
    await churning;
    for (const sender of senders) sender.drop();
    return spent;
  }

  /** Each stays for a second. */
  async #churn(perSecond: number, roomsOf: (n: number) => string[], ended: AbortSignal): Promise<void> {
    if (perSecond === 0) return;
    await using comers = await Fleet.start();
    while (!ended.aborted) {
      const startMs = systemClock.monotonic();
      await comers.connect(this.#world.target(), await this.#plans(perSecond, roomsOf), [0, 500]);
      await comers.drop();
      await systemClock.sleep(Math.max(0, 1_000 - (systemClock.monotonic() - startMs)));
    }
  }

  async #plans(count: number, rooms: (n: number) => string[]) {
    const first = this.#users;
    this.#users += count;
    return this.#world.plans(count, rooms, first);
  }

  async #client(rooms: string[], edge = 0): Promise<LoadClient> {
    const [plan] = await this.#plans(1, () => rooms);
    const client = await connectClient({ ...this.#world.target(edge), ...plan! });
    for (const room of rooms) await client.join(room);
    return client;
  }

  #tell(room: string): void {
    const attributes = headers();
    for (const [name, value] of Object.entries({
      "ce-specversion": "1.0",
      "ce-id": `event-${this.#users++}`,
      "ce-source": "/bench",
      "ce-type": "bench.told",
      "content-type": "application/json",
    })) {
      attributes.set(name, value);
    }
    const data = { room: room.slice("bench:".length), text: TEXT };
    this.#nc.publish("events.bench.told", JSON.stringify(data), { headers: attributes });
  }

  /** The notifier has taken all there is. */
  async #notified(): Promise<void> {
    const idle = async () => {
      const before = cpuUs(this.#world.cluster!.notifiers[0]!.pid);
      await systemClock.sleep(500);
      return cpuUs(this.#world.cluster!.notifiers[0]!.pid) - before < 50_000;
    };
    await waitFor(idle, { timeoutMs: 120_000 });
  }

  async #usage(): Promise<Cpu> {
    const { cluster, redis, nats } = this.#world;
    const sum = (processes: readonly { pid: number }[]) => processes.reduce((us, { pid }) => us + cpuUs(pid), 0);
    return {
      edges: sum(cluster!.edges),
      presence: sum(cluster!.presence),
      notifier: sum(cluster!.notifiers),
      redis: (await redisUsage(redis)).cpuUs,
      nats: cpuUs(nats!.pid),
    };
  }

  /** Of each of `pieces`, less what the time would have cost anyway. */
  async #spent(work: () => Promise<void>, pieces: number, quiet?: Cpu): Promise<Cpu> {
    const before = await this.#usage();
    const startMs = systemClock.monotonic();
    await work();
    const seconds = (systemClock.monotonic() - startMs) / 1_000;
    const after = await this.#usage();
    const of = (part: Part) => (after[part] - before[part] - (quiet?.[part] ?? 0) * seconds) / pieces;
    return Object.fromEntries(PARTS.map((part) => [part, of(part)])) as Record<Part, number>;
  }
}

async function oneByOne(count: number, act: (n: number) => Promise<unknown>): Promise<void> {
  const under: Promise<unknown>[] = [];
  for (let n = 0; n < count; n++) {
    under.push(act(n));
    await systemClock.sleep(PIECE_MS);
  }
  await Promise.all(under);
  await systemClock.sleep(10 * TICK_MS); // the last of it has been read
}

export async function openCapacity(contender: Contender, edges: number): Promise<Capacity> {
  await using stack = new AsyncDisposableStack();
  const world = await startWorld(contender, stack, { nodes: edges, notifiers: 1 });
  const nc = await world.nats!.connect();
  stack.defer(() => nc.close());
  const fleet = stack.use(await Fleet.start());
  return new Capacity(stack.move(), world, nc, fleet);
}
