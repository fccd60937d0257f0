/** Asks a Redis what it is. What its user may not ask is said, and the rest is asked all the same. */

import { layoutOf, v1Placement } from "@rollcall/fanout";
import { Redis } from "ioredis";
import { redisOptions } from "../bus/redis.ts";
import type { Context } from "../context.ts";
import { type Denial, type Finding, finding, judgeAcl, judgeLayout, judgeRedis } from "./finding.ts";

export interface RedisQuestion {
  /** `redis`, or `redis-durable` where that is another one. */
  about: string;
  url: string;
  install: string;
  /** Inboxes, queues and revocations are in it. */
  durable: boolean;
  /** A server that takes a connection and says nothing is a finding too. Default 5 s. */
  timeoutMs?: number;
}

const DENIALS = 32;

export async function examineRedis(question: RedisQuestion, context: Context): Promise<Finding[]> {
  const { about, url, install, durable, timeoutMs = 5_000 } = question;
  let lost: Error | undefined;
  let client: Redis | undefined;
  try {
    client = new Redis(url, { ...redisOptions(url, install, context), commandTimeout: timeoutMs });
    const redis = client;
    redis.on("error", (error: Error) => {
      lost = error; // what is in flight rejects with less to say
    });
    await redis.connect();
    const refused: Finding[] = [];
    /** Undefined: its user may not ask that. */
    const ask = async <T>(answer: Promise<T>): Promise<T | undefined> => {
      try {
        return await answer;
      } catch (error) {
        if (!(error as Error).message.startsWith("NOPERM")) throw error;
        refused.push(
          finding.warn(about, (error as Error).message, "look with a user that may; the rest was looked at"),
        );
        return undefined;
      }
    };
    const info = await ask(redis.info());
    const field = (name: string) => new RegExp(`^${name}:(\\S*)`, "m").exec(info ?? "")?.[1] ?? "unknown";
    const count = (name: string) => Number(field(name)) || 0;
    const time = await ask(redis.time());
    const layout = await ask(layoutOf(redis, { install, cell: v1Placement.cellOf("") }));
    const facts = {
      ...(info !== undefined && {
        version: field("redis_version"),
        maxmemoryPolicy: field("maxmemory_policy"),
        memory: {
          used: count("used_memory") - count("mem_not_counted_for_evict"),
          max: count("maxmemory"),
          refusals: Number(/count=(\d+)/.exec(field("errorstat_OOM"))?.[1] ?? 0),
        },
        ...(durable && { appendonly: field("aof_enabled") === "1" }),
      }),
      ...(time !== undefined && { skewMs: Number(time[0]) * 1_000 + Number(time[1]) / 1_000 - context.clock.now() }),
    };
    return [
      ...judgeRedis(about, facts),
      ...(layout === undefined ? [] : [judgeLayout(about, layout)]),
      ...(await acl(about, redis)),
      ...refused,
    ];
  } catch (error) {
    const why = (lost ?? (error as Error)).message;
    const setting = about === "redis" ? "REDIS_URL" : "REDIS_DURABLE_URL";
    return [finding.bad(about, `cannot be asked: ${why}`, `start it, or correct ${setting}`)];
  } finally {
    client?.disconnect();
  }
}

/** Services' users may not ask that, and need not. */
async function acl(about: string, redis: Redis): Promise<Finding[]> {
  const user = String(await redis.acl("WHOAMI").catch(() => "limited"));
  const log = (await redis.acl("LOG", DENIALS).catch(() => [])) as unknown[][];
  return judgeAcl(about, user, log.map(denialOf));
}

/** An entry of `ACL LOG`: names and values in turn. */
function denialOf(entry: unknown[]): Denial {
  const value = (name: string) => String(entry[entry.indexOf(name) + 1]);
  return {
    user: value("username"),
    reason: value("reason"),
    object: value("object"),
    count: Number(value("count")),
    ageS: Number(value("age-seconds")),
  };
}
