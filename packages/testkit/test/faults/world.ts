/**
 * A cluster of real processes behind a proxy of Redis, people in it on stock clients, and what a backend can read of
 * them. `trial.ts` does a fault to it.
 */

import { type JetStreamManager, jetstreamManager } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/nats-core";
import { connect } from "@nats-io/transport-node";
import { type Member, type Subjects, subjectsOf, type UserPresence } from "@rollcall/contracts";
import { type Random, request, seededRandom, systemClock } from "@rollcall/runtime";
import type { Redis } from "ioredis";
import {
  type Cluster,
  type FaultProxy,
  faultProxy,
  type NatsServer,
  type RedisServer,
  startCluster,
  startNats,
  startRedis,
  waitFor,
} from "../../src/index.ts";
import { App, type Status } from "./app.ts";
import { type Idle, idleOf } from "./leftovers.ts";
import { type Answers, agrees, type Differences, differences, truthOf } from "./truth.ts";

export interface Bounds {
  graceMs: number;
  leaseMs: number;
  brakeMs: number;
}

export interface WorldOptions {
  edges: number;
  members: number;
  bounds: Bounds;
  scaled: boolean;
  env?: Record<string, string>;
}

export const EVERYBODY = "fault:everybody";
const SIDE_ROOM_MEMBERS = 12;
const DAY_S = 86_400;
const STATUSES: readonly Status[] = ["active", "away", "busy"];
const REQUEST_MS = 5_000;
const PAGE = 500;
const ACTION_EVERY_MS = 40;
/** Far beyond every bound: what is not so by then never will be. */
const AGREEMENT_TIMEOUT_MS = 120_000;

export class World {
  readonly apps: App[] = [];
  readonly observers: App[] = [];
  readonly random: Random = seededRandom("faults");
  readonly bounds: Bounds;
  readonly cluster: Cluster;
  readonly redis: RedisServer;
  readonly nats: NatsServer;
  readonly proxy: FaultProxy;
  readonly nc: NatsConnection;
  readonly jsm: JetStreamManager;
  /** An operator's connection, not through the proxy. */
  readonly operator: Redis;
  readonly subjects: Subjects;
  /** Before anybody came. */
  idle: Idle = new Map();
  #count = 0;

  private constructor(parts: Pick<World, "bounds" | "cluster" | "redis" | "nats" | "proxy" | "nc" | "jsm">) {
    ({
      bounds: this.bounds,
      cluster: this.cluster,
      redis: this.redis,
      nats: this.nats,
      proxy: this.proxy,
      nc: this.nc,
      jsm: this.jsm,
    } = parts);
    this.subjects = subjectsOf(this.cluster.install);
    this.operator = this.redis.connect();
    this.operator.on("error", () => {}); // it is stopped on purpose
  }

  static async start(options: WorldOptions): Promise<World> {
    const [redis, nats] = await Promise.all([startRedis(), startNats()]);
    const proxy = await faultProxy(redis.url);
    const cluster = await startCluster({
      edges: options.edges,
      presence: 2,
      scaled: options.scaled,
      traces: false,
      // A busy machine may start everything slowly; what follows is measured by conditions.
      readyTimeoutMs: 300_000,
      contractsDir: new URL("rooms.yaml", import.meta.url).pathname,
      redis: { url: proxy.url },
      nats: { url: nats.url },
      // Tokens that hold by clocks a day ahead and a day behind.
      env: { MAX_TOKEN_TTL: "72h", LOG_LEVEL: "warn", ...options.env },
    });
    const nc = await connect({ servers: nats.url, maxReconnectAttempts: -1, reconnectTimeWait: 100 });
    const jsm = await jetstreamManager(nc);
    const { bounds } = options;
    const world = new World({ bounds, cluster, redis, nats, proxy, nc, jsm });
    world.idle = await idleOf(world);
    await world.#populate(options.members);
    return world;
  }

  /** Every third member has a second device, on the next edge. */
  async #populate(members: number): Promise<void> {
    const users = Array.from({ length: members }, (_, i) => `user-${i}`);
    for (const [i] of this.cluster.edges.entries()) {
      this.observers.push(await this.enter({ user: `observer-${i}`, edge: i, observe: true, watch: users }));
    }
    for (const [i, user] of users.entries()) {
      const rooms = [EVERYBODY, this.sideRoom(i)];
      await this.enter({ user, edge: i, rooms });
      if (i % 3 === 0) await this.enter({ user, edge: i + 1, rooms });
    }
    await this.agreement();
  }

  sideRoom(i: number): string {
    return `fault:side-${Math.floor(i / SIDE_ROOM_MEMBERS)}`;
  }

  async enter(who: {
    user: string;
    edge: number;
    rooms?: readonly string[];
    observe?: boolean;
    watch?: readonly string[];
  }): Promise<App> {
    const { cluster, random } = this;
    const edge = who.edge % cluster.edges.length;
    const nowS = Math.floor(systemClock.now() / 1_000);
    const client = await cluster.client(
      edge,
      { user: who.user, claims: { iat: nowS - 1.2 * DAY_S, exp: nowS + 1.2 * DAY_S } },
      { io: { timeout: 2_000 } },
    );
    const urls = cluster.edges.map(({ url }) => url);
    const app = new App({ ...who, client, edge, urls, random, rooms: who.rooms ?? [EVERYBODY] });
    this.apps.push(app);
    return app;
  }

  /** Whom nobody has seen before; every observer watches for them. */
  async newcomer(edge: number): Promise<App> {
    const user = `newcomer-${this.#count++}`;
    for (const observer of this.observers) observer.watch([user]);
    return this.enter({ user, edge });
  }

  get people(): App[] {
    return this.apps.filter((app) => app.here && !app.observes);
  }

  async answers(): Promise<Answers> {
    const rooms = [...truthOf(this.apps).members.keys()];
    const [list, ...members] = await Promise.all([
      this.#pages<UserPresence>("presence.list", "users", {}),
      ...rooms.map((room) => this.#pages<Member>("room.members", "members", { namespace: "/", room })),
    ]);
    return { list, members: new Map(rooms.map((room, i) => [room, members[i] as Member[]])) };
  }

  async #pages<T>(name: string, field: string, ask: Record<string, unknown>): Promise<T[]> {
    const all: T[] = [];
    for (let cursor: string | undefined; ; ) {
      const body = { ...ask, limit: PAGE, ...(cursor === undefined ? {} : { cursor }) };
      const subject = this.subjects.request("main", name);
      const page = await request<Record<string, unknown>>(this.nc, subject, body, { timeoutMs: REQUEST_MS });
      if (page.stale === true) throw new Error(`${name} is stale`);
      all.push(...(page[field] as T[]));
      cursor = page.next as string | undefined;
      if (cursor === undefined) return all;
    }
  }

  async differences(): Promise<Differences> {
    return differences(truthOf(this.apps), await this.answers(), this.apps);
  }

  /** Waits until everything that can be read is so; `ghosts`: but for those who are still to go. */
  async agreement(but: { ghosts?: boolean } = {}): Promise<Differences> {
    let last: Differences | undefined;
    return waitFor(
      async () => {
        last = await this.differences();
        return agrees(but.ghosts === true ? { ...last, ghosts: [] } : last) && last;
      },
      {
        timeoutMs: AGREEMENT_TIMEOUT_MS,
        everyMs: 50,
        what: () => `agreement: ${JSON.stringify(last)?.slice(0, 2_000)}`,
      },
    );
  }

  /** Those who went come back; newcomers have been here once. */
  restore(departed: readonly App[]): void {
    for (const app of departed) if (!app.user.startsWith("newcomer")) app.comeBack();
    for (const app of this.apps.filter(({ user }) => user.startsWith("newcomer"))) {
      app.goodbye();
      this.apps.splice(this.apps.indexOf(app), 1);
    }
  }

  /** Everybody goes, the observers too. */
  empty(): void {
    for (const app of this.apps.splice(0)) app.goodbye();
  }

  /** As many people on each edge, and an observer on each. */
  async spread(): Promise<void> {
    // A connection on its way arrives where it was aimed at first, wherever it is told to go meanwhile.
    await this.agreement();
    for (const [i, observer] of this.observers.entries()) observer.moveTo(i);
    for (const [i, app] of this.people.entries()) app.moveTo(i % this.cluster.edges.length);
    await this.agreement();
  }

  /** People do things until told to stop; what they want counts, whether it was accepted or not. */
  traffic(): () => Promise<void> {
    let going = true;
    const said = new Set<Promise<unknown>>();
    const loop = (async () => {
      while (going) {
        await systemClock.sleep(ACTION_EVERY_MS);
        const saying: Promise<unknown> = this.#act().finally(() => said.delete(saying));
        said.add(saying);
      }
      await Promise.all(said);
    })();
    return async () => {
      going = false;
      await loop;
    };
  }

  async #act(): Promise<unknown> {
    const { random, people } = this;
    const app = people[random.int(people.length)];
    if (app === undefined) return;
    const side = [...app.rosters.keys()].find((room) => room !== EVERYBODY);
    const n = ++this.#count;
    switch (random.int(8)) {
      case 0:
        return app.set(STATUSES[random.int(STATUSES.length)]!);
      case 1:
        return side === undefined ? undefined : app.leave(side);
      case 2:
      case 3: {
        const at = Number(app.user.split("-")[1]);
        return app.user.startsWith("user-") ? app.join(this.sideRoom(at)) : undefined;
      }
      case 4:
        return side === undefined
          ? undefined
          : app.say(
              "state:patch",
              { room: side, ops: [{ op: "set", key: `mark:${app.user}`, value: n }] },
              { id: `m${n}` },
            );
      default:
        return side === undefined ? undefined : app.say("pulse:sent", { room: side, data: { n } });
    }
  }

  /** The edge on which most people are. */
  busiestEdge(): number {
    const counts = this.cluster.edges.map((_, i) => this.people.filter(({ edge }) => edge === i).length);
    return counts.indexOf(Math.max(...counts));
  }

  /** Ids of the edges that hold a lease. */
  leases(): Promise<string[]> {
    return this.operator.zrange(this.key("leases"), "0", "-1");
  }

  /**
   * The scripts know of Redis's clock only how far it is from what they saw last, so this is the same as a jump of it.
   * (The usual library for faking clocks cannot be loaded into a Redis that brings its own allocator.)
   */
  async jumpRedisClock(ms: number): Promise<void> {
    await this.operator.hincrby(this.key("epoch"), "t", String(-ms));
  }

  key(name: string): string {
    return `{${this.cluster.install}:c0}:${name}`;
  }

  /** What happened so far has reached the backends: none of it is laid at the door of what is done next. */
  async allTold(): Promise<void> {
    await waitFor(async () => (await this.operator.xlen(this.key("outbox"))) === 0, {
      timeoutMs: 60_000,
      everyMs: 50,
      what: "the outbox to be empty",
    });
  }

  async streamEnd(): Promise<number> {
    return (await this.jsm.streams.info(this.subjects.presenceStream())).state.last_seq;
  }

  /** What the stream got from one end to a later one: type, subject and when. */
  async toldBetween(end: number, laterEnd: number): Promise<string[]> {
    const told: string[] = [];
    const stream = this.subjects.presenceStream();
    for (let seq = end + 1; seq <= laterEnd; seq++) {
      const message = await this.jsm.streams.getMessage(stream, { seq });
      if (message === null) continue;
      const [type, at] = ["ce-type", "ce-time"].map((name) => message.header.get(name));
      told.push(`${type} on ${message.subject} at ${at}`);
    }
    return told;
  }

  async stop(): Promise<void> {
    this.operator.disconnect();
    await this.nc.close();
    await this.cluster.stop();
    await this.proxy.close();
    await Promise.all([this.redis.close(), this.nats.close()]);
  }
}
