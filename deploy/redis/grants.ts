/**
 * What each service may do in Redis: its commands on its keys, nothing else. Keys are patterns over those of `keysOf`;
 * every cell of the installation is meant, hence `*` in the hash tag.
 */

import { keysOf } from "@rollcall/fanout";

export const REDIS_ROLES = ["edge", "presence", "notifier", "watcher", "operator"] as const;
export type RedisRole = (typeof REDIS_ROLES)[number];

/** Commands on key patterns. A script needs what it calls as well as `evalsha`. */
export interface RedisGrant {
  keys: string[];
  commands: string[];
}

/** Connecting, the ready check, and what a client of a Cluster or behind Sentinels asks. */
const CONNECTION = [
  ...["hello", "auth", "ping", "quit", "info", "select", "role", "readonly"],
  ...["client|setname", "client|id", "cluster|slots", "cluster|shards", "cluster|info"],
];
const SCRIPTS = ["eval", "evalsha", "script|load", "script|exists", "time"];
const TRANSACTIONS = ["multi", "exec"];
const LOG_READS = ["xread", "xrange", "xrevrange", "xinfo|stream"];
/** The slow log has the beginning of what was sent, payloads too: no service may read it. */
const SERVER_READS = [
  ...["time", "dbsize", "slowlog|get", "slowlog|len", "acl|log", "acl|whoami", "client|list", "client|info"],
  ...["latency|latest", "memory|stats"],
];
const LENGTHS = ["strlen", "llen", "hlen", "scard", "zcard", "xlen"];
const HASHES = ["hget", "hmget", "hgetall", "hset", "hdel", "hincrby", "hlen", "hkeys", "hexists", "hscan"];
const SORTED = [
  ...["zadd", "zrem", "zcard", "zcount", "zscore", "zrange", "zrangebyscore", "zrangebylex"],
  ...["zrevrangebyscore", "zremrangebyscore", "zremrangebyrank", "zincrby"],
];
const SETS = ["sadd", "srem", "scard", "spop", "smembers", "sismember", "sunionstore"];
const STRINGS = [
  "get",
  "set",
  "incr",
  "exists",
  "del",
  "expire",
  "pexpire",
  "pexpireat",
  "pexpiretime",
  "pttl",
  "rename",
];
const STREAMS = ["xadd", "xdel", "xtrim", "xlen", ...LOG_READS];

/** What the scripts of presence derive from the hash tag. */
const PRESENCE_KEYS = [
  ...["layout", "epoch", "births", "leases", "evicting", "grace", "expiry", "expired", "retain", "occupancy", "resync"],
  ...["outbox", "relay", "publish", "revocations", "revoked:*"],
  ...["edge:*", "s:*", "u:*", "r:*", "w:*", "rooms:*", "id:*"],
];

export function redisGrantsOf(install: string): Record<RedisRole, RedisGrant[]> {
  const cell = keysOf(install, "*");
  const log = `${cell.prefix}log:*`;
  const under = (...names: string[]) => names.map((name) => `${cell.prefix}${name}`);
  return {
    /** Reads the log, writes relays and its heartbeat into it. No record of presence is in its reach. */
    edge: [{ keys: [log], commands: [...CONNECTION, ...TRANSACTIONS, "xadd", ...LOG_READS] }],
    /** Every record of a cell but the notifier's. */
    presence: [
      {
        keys: [log, ...under(...PRESENCE_KEYS)],
        commands: [...CONNECTION, ...SCRIPTS, ...HASHES, ...SORTED, ...SETS, ...STRINGS, ...STREAMS],
      },
    ],
    notifier: [
      {
        keys: [log, ...under("layout", "emitted:*", "intake:*", "inbox*", "event:*", "origin:*", "preference:*")],
        commands: [...CONNECTION, ...SCRIPTS, ...HASHES, ...SORTED, ...SETS, ...STRINGS, "xadd"],
      },
      // BullMQ brings its own scripts, on its own keys.
      {
        keys: under("bull:*"),
        commands: [...CONNECTION, "@read", "@write", "@blocking", "@scripting", "@transaction", "-@dangerous", "info"],
      },
    ],
    /** `rollcall watch`: reads the log and writes nothing. */
    watcher: [{ keys: [log], commands: [...CONNECTION, ...LOG_READS] }],
    /** `rollcall doctor` and the runbooks: what the server says of itself, and the log. No change. */
    operator: [
      {
        keys: [log, ...under("layout")],
        commands: [...CONNECTION, ...SERVER_READS, ...LOG_READS, "hmget"],
      },
      // Of all else how much there is, as `redis-cli --bigkeys` asks, and never what.
      { keys: [`${cell.prefix}*`], commands: ["scan", "type", "memory|usage", ...LENGTHS] },
    ],
  };
}
