/**
 * The durable Redis, one script on one inbox at a time, atomic and safe to repeat.
 *
 * Every call names the Redis run it believes in. Another run may have lost what was written last, so nothing is written
 * until a new epoch was raised for it: `rewound` then, and whoever reads a source reads it again from its low-water mark.
 */

import { RollcallError } from "@rollcall/contracts";
import type { InboxOwner } from "@rollcall/contracts/internal";
import type { Placement } from "@rollcall/fanout";
import { type RedisConnection, redisError } from "@rollcall/runtime";
import type { Redis } from "ioredis";
import { ledgerLua } from "../ledger/lua.ts";
import { loadScript, readScript, type Script } from "../redis/script.ts";
import { type InboxKeys, inboxKeysOf, scriptKeys } from "./inbox-keys.ts";

/** Another run of the durable Redis than the one sources were read for. */
export class StoreRewound extends Error {
  constructor() {
    super("the durable store may have been rewound");
    this.name = "StoreRewound";
  }
}

export interface DurableRedisOptions {
  connection: RedisConnection;
  install: string;
  placement: Placement;
}

/** What a script answers; never `EPOCH`. */
export type InboxScript = (
  owner: InboxOwner,
  args: readonly (string | number)[],
  more?: {
    keys?: readonly string[];
    /** False where something of a source is at stake, so that no new epoch may begin before the source was read again. */
    mayRaise?: boolean;
  },
) => Promise<unknown[]>;

export class DurableRedis {
  readonly #options: DurableRedisOptions;
  readonly #raise: Script;
  /** Never goes back, whatever this store forgets. */
  #highestEpoch = 0;

  constructor(options: DurableRedisOptions) {
    this.#options = options;
    this.#raise = this.load(import.meta.url, "./raise.lua");
  }

  isUp(): boolean {
    return this.#options.connection.isUp();
  }

  keysOf(tenant: string): InboxKeys {
    return this.keysIn(this.#options.placement.cellOf(tenant));
  }

  keysIn(cell: string): InboxKeys {
    return inboxKeysOf(this.#options.install, cell);
  }

  load(base: string, file: string, ...includes: string[]): Script {
    return loadScript(this.#options.connection.client, base, file, ...includes);
  }

  /** A script on one inbox, beside the caller, with the ledger's rules. */
  script(base: string, file: string): InboxScript {
    const script = this.load(base, file, ledgerLua, readScript(import.meta.url, "./inbox.lua"));
    return async (owner, args, { keys: moreKeys = [], mayRaise = true } = {}) => {
      const { tenant, namespace, user } = owner;
      const keys = this.keysOf(tenant);
      const call = async () =>
        (await script(
          [...scriptKeys(keys, owner), ...moreKeys],
          [this.#runId(), keys.prefix, tenant, namespace, user, ...args],
        )) as unknown[];
      const reply = await call();
      if (reply[0] !== "EPOCH") return reply;
      if (!mayRaise) throw new StoreRewound();
      await this.raise(this.#options.placement.cellOf(tenant));
      const again = await call();
      if (again[0] === "EPOCH") throw new RollcallError("UNAVAILABLE");
      return again;
    };
  }

  /** A command of its own. */
  async direct<T>(command: (redis: Redis) => Promise<T>): Promise<T> {
    if (!this.isUp()) throw new RollcallError("UNAVAILABLE");
    try {
      return await command(this.#options.connection.client);
    } catch (error) {
      throw redisError(error);
    }
  }

  /** The epoch in force for this run of Redis, raised if need be. */
  async raise(cell: string): Promise<string> {
    const epoch = String(await this.#raise([this.keysIn(cell).epoch()], [this.#runId(), this.#highestEpoch]));
    this.#highestEpoch = Math.max(this.#highestEpoch, Number(epoch));
    return epoch;
  }

  /** Was the source read again since this run of Redis began? */
  async isCurrent(cell: string, source: string): Promise<boolean> {
    const key = this.keysIn(cell).epoch();
    const [run, epoch, done] = await this.direct((redis) => redis.hmget(key, "run", "epoch", `done:${source}`));
    return run === this.#runId() && epoch !== null && epoch === done;
  }

  async markCurrent(cell: string, source: string, epoch: string): Promise<void> {
    const key = this.keysIn(cell).epoch();
    await this.direct((redis) => redis.hset(key, `done:${source}`, epoch));
  }

  #runId(): string {
    const runId = this.#options.connection.runId();
    if (runId === undefined) throw new RollcallError("UNAVAILABLE");
    return runId;
  }
}
