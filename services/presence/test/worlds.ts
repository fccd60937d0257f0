/** The two stores behind one face: the same clock, the same server accidents, and what they told in one shape. */

import { type CellKeys, decodeEntry, keysOf } from "@rollcall/fanout";
import type { Redis } from "ioredis";
import { presenceKeys } from "../src/redis/cell-keys.ts";
import { RedisStore } from "../src/redis/redis-store.ts";
import type { PresenceStore, StoreBounds } from "../src/store.ts";
import { newTwinServer, TwinStore } from "../src/twin/twin-store.ts";
import { SIM_BOUNDS } from "./sim/redis.ts";

export const BOUNDS: StoreBounds = { ...SIM_BOUNDS, logMaxLen: 100_000 };

export interface SocketMessage {
  ns: string;
  target: string;
  except: string;
  event: string;
  payload: unknown;
  meta: unknown;
}

export interface BackendMessage {
  kind: string;
  id: string;
  tenant: string;
  user: string;
  ns: string;
  room: string;
  data: unknown;
  traceparent: string | undefined;
  delayMs: number | undefined;
}

export interface World {
  readonly name: string;
  readonly store: PresenceStore;
  /** Sets Redis time. */
  at(ms: number): Promise<void>;
  /** Everything is gone; the server is another run. */
  flush(): Promise<void>;
  /** The same data, another run. */
  failover(): Promise<void>;
  log(): Promise<SocketMessage[]>;
  outbox(): Promise<BackendMessage[]>;
  /** How many messages lie up to this place of the log. */
  rank(position: string): Promise<number>;
  /** Names of what is left: keys, or records. */
  remains(): Promise<string[]>;
}

/** Lists in messages whose order means nothing are sorted. */
function ordered(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  const record = { ...(value as Record<string, unknown>) };
  if (Array.isArray(record.deleted)) record.deleted = record.deleted.toSorted();
  if (Array.isArray(record.set)) {
    record.set = (record.set as { key: string }[]).toSorted((a, b) => (a.key < b.key ? -1 : 1));
  }
  return record;
}

export function twinWorld(bounds: StoreBounds = BOUNDS): World {
  let nowMs = 0;
  let runs = 1;
  const server = newTwinServer("run-1");
  return {
    name: "twin",
    store: new TwinStore({ server, bounds, now: () => nowMs }),
    async at(ms) {
      nowMs = ms;
    },
    async flush() {
      Object.assign(server, newTwinServer(`run-${++runs}`));
    },
    async failover() {
      server.run = `run-${++runs}`;
    },
    log: async () =>
      server.log.map(({ ns, target, except = "", packet: [event, payload, meta] }) => ({
        ns,
        target,
        except,
        event,
        payload: ordered(payload),
        meta,
      })),
    outbox: async () =>
      server.outbox.map(({ kind, id, tenant, user, ns, room, data, traceparent, delayMs }) => {
        return { kind, id, tenant, user, ns, room, data: ordered(data), traceparent, delayMs };
      }),
    rank: async (position) => Number(position.split("-")[0]),
    async remains() {
      const { users, rooms, leases, edges, grace, evicting, retain, expiry, publish, resync, occupancy } = server.cell;
      const alive = [...edges].filter(([, { gone }]) => !gone).map(([edge]) => `edge:${edge}`);
      const tables = { users, rooms, leases, grace, evicting, retain, expiry, publish, resync, occupancy };
      return [
        ...alive,
        ...Object.entries(tables).flatMap(([name, table]) => [...table.keys()].map((key) => `${name}:${key}`)),
      ];
    },
  };
}

/** What may befall a Redis. */
export interface Server {
  runId(): string;
  /** Another server takes its place, with the same data. */
  failover(): Promise<void>;
}

/** One that goes on, and says that it is another. */
function sameServer(): Server {
  let runs = 1;
  return {
    runId: () => `run-${runs}`,
    async failover() {
      runs++;
    },
  };
}

/** `client` is of a Redis of the test's own; `install` tells worlds on it apart. */
export function redisWorld(client: Redis, install: string, bounds = BOUNDS, server: Server = sameServer()): World {
  let flushes = 0;
  const cell = presenceKeys(install, "c0");
  const keys: CellKeys = keysOf(install, "c0");
  const ours = async () =>
    (await client.keys(`${keys.prefix.replace(/[{}]/g, "?")}*`)).filter((key) => key !== cell.testNow());
  return {
    name: "redis",
    store: new RedisStore({
      redis: { client, runId: () => `${server.runId()}.${flushes}` },
      install,
      cell: "c0",
      bounds,
      time: "key",
    }),
    async at(ms) {
      await client.set(cell.testNow(), ms);
    },
    async flush() {
      const all = await ours();
      if (all.length > 0) await client.del(...all);
      flushes++;
    },
    failover: () => server.failover(),
    async log() {
      const entries = await client.xrange(keys.log(0), "-", "+");
      return entries.map(([, fields]) => {
        const entry = decodeEntry(fields);
        if (entry === undefined) throw new Error(`poison in the log: ${fields.join(" ")}`);
        const [event, payload, meta] = JSON.parse(entry.packetJson);
        const { namespace: ns, targets, except = [] } = entry;
        return { ns, target: targets.join(" "), except: except.join(" "), event, payload: ordered(payload), meta };
      });
    },
    async outbox() {
      const entries = await client.xrange(keys.outbox(), "-", "+");
      return entries.map(([, fields]) => {
        const of = new Map<string, string>();
        for (let i = 0; i < fields.length; i += 2) of.set(fields[i]!, fields[i + 1]!);
        const text = (name: string) => of.get(name)!;
        return {
          kind: text("k"),
          id: text("id"),
          tenant: text("t"),
          user: text("u"),
          ns: text("n"),
          room: text("r"),
          data: ordered(JSON.parse(text("d"))),
          traceparent: text("tp") === "" ? undefined : text("tp"),
          delayMs: text("w") === "" ? undefined : Number(text("w")),
        };
      });
    },
    rank: async (position) => (await client.xrange(keys.log(0), "-", position)).length,
    async remains() {
      // What stays by design: the cell's own record, its streams, and the ids of edges that were fenced.
      const stay = /:(epoch|births|log:0|outbox|relay|expired|edge:[^:]*)$/;
      return (await ours()).filter((key) => !stay.test(key));
    },
  };
}
