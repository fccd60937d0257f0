/** A notifier on real servers, and what one wants to do to it and see of it. */

import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import { headers as createHeaders } from "@nats-io/nats-core";
import type { Contracts } from "@rollcall/contracts";
import { decodeEntry, keysOf, type LogEntry } from "@rollcall/fanout";
import { connectNats, connectRedis, createLogger, createMetrics, systemClock, systemRandom } from "@rollcall/runtime";
import { type NatsServer, type RedisServer, startNats, startRedis } from "@rollcall/testkit";
import { type Notifier, type NotifierOptions, startNotifier } from "../src/notifier.ts";

export interface Sent {
  subject: string;
  data: unknown;
  id?: string;
  headers?: Record<string, string>;
}

export interface DeadLetter {
  reason: string;
  detail: string;
  subject: string;
  body: string;
  header(name: string): string;
}

const timing = { leaseMs: 600, renewMs: 150, ackWaitMs: 900 };

/** One Redis and one NATS; notifiers come and go. */
export async function startBench(
  contracts: Contracts,
  { redisEnv }: { redisEnv?: Record<string, string> | undefined } = {},
) {
  const [redisServer, natsServer] = await Promise.all([
    startRedis({ appendonly: true, ...(redisEnv === undefined ? {} : { env: redisEnv }) }),
    startNats(),
  ]);
  const install = "rollcall";
  const redis = redisServer.connect();
  redis.on("error", () => {}); // commands reject with it
  const nc = await natsServer.connect();
  const logger = createLogger({ service: "test", instance: "test", level: "silent" });
  const closers: (() => Promise<void>)[] = [];
  await (await jetstreamManager(nc)).streams.add({ name: "EVENTS", subjects: ["events.>"] });

  async function notifier(change: Partial<NotifierOptions> = {}): Promise<Notifier & { crash(): Promise<void> }> {
    const metrics = createMetrics();
    const connection = connectRedis({ url: redisServer.url, clock: systemClock, logger, name: "redis" });
    const nats = await connectNats({ url: natsServer.url, name: "notifier", logger });
    const started = await startNotifier({
      install,
      instance: "notifier-1",
      contracts,
      sources: undefined,
      mode: "create",
      redis: connection,
      durableRedis: connection,
      nats,
      channels: () => new Map(),
      inboxSize: 1_000,
      ledgerKeepMs: 3_600_000,
      sweepMs: 50,
      jobLockMs: 1_000,
      maxInFlight: 64,
      timing,
      dedupMs: 600_000,
      logMaxLen: 1_000_000,
      traceToClient: true,
      clock: systemClock,
      random: systemRandom,
      logger,
      metrics,
      ...change,
    });
    let ended = false;
    const end = async (graceMs: number) => {
      if (ended) return;
      ended = true;
      await started.stop(graceMs);
      await nats.close();
      await connection.close();
    };
    closers.push(() => end(1_000));
    return {
      ...started,
      stop: end,
      /** Connections gone first, so that nothing in hand can be finished, acknowledged or given back. */
      async crash() {
        ended = true;
        connection.client.disconnect();
        await nats.nc.close();
        await started.stop(0);
      },
    };
  }

  async function publish({ subject, data, id, headers = {} }: Sent): Promise<void> {
    const all = createHeaders();
    const event =
      id === undefined ? {} : { "ce-specversion": "1.0", "ce-id": id, "ce-source": "test", "ce-type": "test.event" };
    for (const [name, value] of Object.entries({ ...event, ...headers })) all.set(name, value);
    await jetstream(nc).publish(subject, typeof data === "string" ? data : JSON.stringify(data), { headers: all });
  }

  /** Everything emitted so far, in the order of the log. */
  async function emitted(): Promise<(LogEntry & { data: unknown; meta: Record<string, unknown> })[]> {
    const entries = await redis.xrange(keysOf(install, "c0").log(0), "-", "+");
    // Without edges' heartbeats.
    const events = entries.filter(([, [first]]) => first !== "hb");
    return events.map(([, fields]) => {
      const entry = decodeEntry(fields);
      if (entry === undefined) throw new Error("a poison entry in the log");
      const [, data, meta] = JSON.parse(entry.packetJson) as [string, unknown, Record<string, unknown>];
      return { ...entry, data, meta };
    });
  }

  async function deadLetters(): Promise<DeadLetter[]> {
    const jsm = await jetstreamManager(nc);
    const info = await jsm.streams.info("ROLLCALL_DEADLETTER");
    const letters: DeadLetter[] = [];
    for (let seq = info.state.first_seq; seq <= info.state.last_seq && info.state.messages > 0; seq++) {
      const stored = await jsm.streams.getMessage("ROLLCALL_DEADLETTER", { seq });
      if (stored === null) continue;
      const header = (name: string) => stored.header.get(name);
      letters.push({
        reason: header("rollcall-reason"),
        detail: header("rollcall-detail"),
        subject: stored.subject,
        body: stored.string(),
        header,
      });
    }
    return letters;
  }

  /** Not acknowledged, and not yet delivered. */
  async function outstanding(): Promise<number> {
    const info = await (await jetstreamManager(nc)).consumers.info("EVENTS", "rollcall-notifier-EVENTS");
    return info.num_ack_pending + info.num_pending;
  }

  return {
    install,
    redis,
    nc,
    redisServer: redisServer as RedisServer,
    natsServer: natsServer as NatsServer,
    notifier,
    publish,
    emitted,
    deadLetters,
    outstanding,
    async close() {
      for (const close of closers) await close();
      redis.disconnect();
      await nc.close();
      await Promise.all([redisServer.close(), natsServer.close()]);
    },
  };
}

export type Bench = Awaited<ReturnType<typeof startBench>>;
