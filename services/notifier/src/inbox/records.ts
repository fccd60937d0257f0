/** The ledger's records in the durable Redis, their timers, and how they are found. */

import { type LedgerEvent, type LedgerState, parseRecord } from "../ledger/ledger.ts";
import type { DurableRedis } from "./durable-redis.ts";
import type { EventInfo, EventRecord, Timer, Turned } from "./inbox-types.ts";

/** `keepMs`: how long records are kept after the ttl of their event. */
export function createRecords(redis: DurableRedis, { keepMs }: { keepMs: number }) {
  const turnScript = redis.script(import.meta.url, "./turn.lua");
  const takeDueScript = redis.load(import.meta.url, "./take-due.lua");

  return {
    /** Undefined: there is no such record (any more). */
    async turn(timer: Timer, events: readonly LedgerEvent[], nextMs?: number): Promise<Turned | undefined> {
      const reply = (await turnScript(timer, [timer.mid, nextMs ?? "", ...events])) as string[];
      if (reply[0] === "NONE") return undefined;
      const [, state, final, reason, attempts, event, dataJson, info, expiresAt, now, changedAt, seq] = reply;
      return {
        state: state as LedgerState,
        becameFinal: final === "1",
        reason: reason ?? "",
        attempts: Number(attempts),
        event: event ?? "",
        dataJson: dataJson ?? "null",
        info: JSON.parse(info ?? "{}") as EventInfo,
        expiresAtMs: expiresAt === "" ? undefined : Number(expiresAt),
        nowMs: Number(now),
        changedAtMs: Number(changedAt),
        seq: Number(seq),
      };
    },

    /** Timers whose time has come in a cell; each comes again after `holdMs` unless it is dealt with. */
    async takeDue(cell: string, count: number, holdMs: number): Promise<Timer[]> {
      const found = (await takeDueScript([redis.keysIn(cell).due()], [count, holdMs])) as string[];
      return found.map((text) => {
        const [tenant = "", namespace = "", user = "", mid = ""] = text.split(" ");
        return { tenant, namespace, user, mid };
      });
    },

    /** Sequence of the oldest event of a source that has a recipient without a final state. */
    async lowestOpen(cell: string, source: string): Promise<number | undefined> {
      const key = redis.keysIn(cell).open(source);
      const [, score] = await redis.direct((client) => client.zrange(key, "0", "0", "WITHSCORES"));
      return score === undefined ? undefined : Number(score);
    },

    /** How many records are not final; each has a timer. */
    countOpen: (cell: string): Promise<number> => redis.direct((client) => client.zcard(redis.keysIn(cell).due())),

    /** The account of one event; undefined when there is none. */
    async event(tenant: string, namespace: string, mid: string): Promise<EventRecord | undefined> {
      const key = redis.keysOf(tenant).event(tenant, namespace, mid);
      const fields = await redis.direct((client) => client.hgetall(key));
      const { name, info } = fields;
      if (name === undefined || info === undefined) return undefined;
      const recipients = Object.entries(fields)
        .filter(([field]) => field.startsWith("u:"))
        .map(([field, text]) => ({ user: field.slice(2), ...parseRecord(text) }));
      return { event: name, info: JSON.parse(info) as EventInfo, recipients };
    },

    /** Remembers that a publisher calls the event `id`, so that it can be asked for by that. */
    async nameEvent(tenant: string, id: string, mid: string, expiresAtMs: number): Promise<void> {
      const key = redis.keysOf(tenant).origin(tenant, id);
      const untilMs = Math.ceil(expiresAtMs + keepMs);
      await redis.direct((client) => Promise.all([client.sadd(key, mid), client.pexpireat(key, untilMs)]));
    },

    async midsOf(tenant: string, id: string): Promise<string[]> {
      const key = redis.keysOf(tenant).origin(tenant, id);
      return redis.direct((client) => client.smembers(key));
    },
  };
}
