/** The scripts of one cell: each call names the run of Redis it counts on, and a new epoch is begun when that is another. */

import { RollcallError } from "@rollcall/contracts";
import { type RedisConnection, redisError } from "@rollcall/runtime";
import type { Stamp, StoreBounds } from "../store.ts";
import { presenceKeys } from "./cell-keys.ts";
import { constantsOf } from "./constants.ts";
import { buildScript, type Script, type ScriptCall, ScriptRunner } from "./scripts.ts";

export interface CellScriptsOptions {
  redis: Pick<RedisConnection, "client" | "runId">;
  install: string;
  cell: string;
  bounds: StoreBounds;
  /** Called when a call of this process began a new epoch. */
  onEpoch?(epoch: string): void;
  /** Tests only, see {@link buildScript}. */
  time?: "redis" | "key";
}

const EPOCH_ATTEMPTS = 3;

const NAMES = [
  "hello",
  "lease",
  "lane",
  "sweep",
  "raise",
  "read-users",
  "read-user-page",
  "read-sessions",
  "read-room",
  "read-rooms",
  "read-position",
  "read-state",
  "read-history",
  "room-patch",
  "room-publish",
  "revoke",
  "relay-take",
  "relay-done",
  "relay-yield",
] as const;

/** `lane-release`: with memory full, for what gives some back. */
export type ScriptName = (typeof NAMES)[number] | "lane-release";

export class CellScripts {
  readonly #options: CellScriptsOptions;
  readonly #runner: ScriptRunner;
  readonly #outbox: string;
  readonly #scripts: Readonly<Record<ScriptName, Script>>;
  #seenEpoch = "0";

  constructor(options: CellScriptsOptions) {
    this.#options = options;
    const keys = presenceKeys(options.install, options.cell);
    this.#runner = new ScriptRunner(options.redis.client, keys.epoch());
    this.#outbox = keys.outbox();
    const { bounds, time = "redis" } = options;
    const constants = constantsOf(bounds);
    const build = (name: string, flags = {}) => buildScript(name, { constants, time, ...flags });
    this.#scripts = {
      ...(Object.fromEntries(NAMES.map((name) => [name, build(name)])) as Record<(typeof NAMES)[number], Script>),
      "lane-release": build("lane", { flags: "allow-oom" }),
    };
  }

  call(name: ScriptName, args: readonly (string | number)[]): Promise<unknown[]> {
    return this.inEpoch(async (run) => {
      const reply = await this.#runner.run(this.#scripts[name], [run, ...args]);
      return reply[0] === "EPOCH" ? undefined : reply;
    });
  }

  /** Does it, again after raising the epoch when the store is another one than before: when it resolves with undefined. */
  async inEpoch<T>(ask: (run: string) => Promise<T | undefined>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      const run = this.#options.redis.runId();
      if (run === undefined) throw new RollcallError("UNAVAILABLE");
      const answer = await ask(run);
      if (answer !== undefined) return answer;
      if (attempt === EPOCH_ATTEMPTS) throw new RollcallError("UNAVAILABLE");
      await this.#raise(run);
    }
  }

  /** In order, in one round trip. The first argument of each is the run. */
  pipeline(name: ScriptName, calls: readonly (readonly (string | number)[])[]): Promise<(unknown[] | Error)[]> {
    return this.#runner.pipeline(calls.map((args): ScriptCall => [this.#scripts[name], args]));
  }

  /** A command, no script: a fifth of its cost. Of whatever run: who asks this asks again. */
  async outboxIsEmpty(): Promise<boolean> {
    const { client } = this.#options.redis;
    if (client.status !== "ready") throw new RollcallError("UNAVAILABLE"); // queued, it would be answered late
    try {
      return (await client.xlen(this.#outbox)) === 0;
    } catch (cause) {
      throw redisError(cause);
    }
  }

  stamp(reply: readonly unknown[]): Stamp {
    return { epoch: this.saw(reply[1]), brake: reply[2] === "1" };
  }

  /** The next epoch will be greater. */
  saw(epoch: unknown): string {
    const text = String(epoch);
    if (Number(text) > Number(this.#seenEpoch)) this.#seenEpoch = text;
    return text;
  }

  async #raise(run: string): Promise<void> {
    const [epoch, raised] = await this.#runner.run(this.#scripts.raise, [run, this.#seenEpoch]);
    this.saw(epoch);
    if (raised === "1") this.#options.onEpoch?.(String(epoch));
  }
}
