/**
 * The Lua scripts: put together from `lua/` once at start, called by digest, loaded when Redis does not know them.
 *
 * A script's comment lines direct it: `-- flags: <for the shebang>` and `-- include: <names of lua/lib, or ops/*>`. The
 * constants come before everything as the table `CFG`: they are part of the digest, so replicas with other settings
 * run other scripts and never half of each.
 */

import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { RollcallError } from "@rollcall/contracts";
import { emitLua } from "@rollcall/fanout";
import { isRedisReply, redisError } from "@rollcall/runtime";
import type { ChainableCommander, Redis } from "ioredis";

const FOLDER = new URL("./lua/", import.meta.url);
const read = (name: string) => readFileSync(new URL(`${name}.lua`, FOLDER), "utf8");

export interface Script {
  readonly name: string;
  readonly source: string;
  readonly sha: string;
}

export interface ScriptOptions {
  constants: Readonly<Record<string, number>>;
  /** Tests drive the scripts' time by the key `<prefix>test:now`. Default `redis`: `TIME`. */
  time?: "redis" | "key";
  /** Replaces the script's own flags. */
  flags?: string;
}

export function buildScript(name: string, options: ScriptOptions): Script {
  const { constants, time = "redis" } = options;
  let body = read(name);
  const flags = options.flags ?? /^-- flags: (.*)$/m.exec(body)?.[1];
  const table = Object.entries(constants)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key} = ${value}`)
    .join(", ");
  body = body.replaceAll(/^-- include: (.*)$/gm, (_, list: string) =>
    list
      .split(" ")
      .flatMap((part) => (part === "ops/*" ? operations() : [library(part, time)]))
      .join("\n"),
  );
  const shebang = flags === undefined ? "#!lua" : `#!lua flags=${flags}`;
  const source = `${shebang}\nlocal CFG = { ${table} }\n${body}`;
  return { name, source, sha: createHash("sha1").update(source).digest("hex") };
}

function operations(): string[] {
  const files = readdirSync(new URL("ops/", FOLDER)).filter((file) => file.endsWith(".lua"));
  return files.toSorted().map((file) => read(`ops/${file.slice(0, -4)}`));
}

function library(part: string, time: "redis" | "key"): string {
  if (part === "time") return read(time === "redis" ? "lib/time" : "lib/time-of-test");
  // Whatever knows the cell may emit.
  return part === "cell" ? `${emitLua}\n${read("lib/cell")}` : read(`lib/${part}`);
}

export type ScriptCall = readonly [script: Script, args: readonly (string | number)[]];

/** Runs scripts on one key (the cell's record; the others are derived from it). */
export class ScriptRunner {
  readonly #redis: Redis;
  readonly #key: string;

  constructor(redis: Redis, key: string) {
    this.#redis = redis;
    this.#key = key;
  }

  async run(script: Script, args: readonly (string | number)[]): Promise<unknown[]> {
    const [reply] = await this.pipeline([[script, args]]);
    if (reply instanceof Error) throw redisError(reply);
    return reply as unknown[];
  }

  /** In order, in one round trip. A reply is what the script returned, or the error Redis answered. */
  async pipeline(calls: readonly ScriptCall[]): Promise<(unknown[] | Error)[]> {
    let replies = await this.#send(calls);
    const unknown = new Set(calls.filter((_, i) => isRedisReply(replies[i], /^NOSCRIPT/)).map(([script]) => script));
    if (unknown.size === 0) return replies;
    for (const script of unknown) await this.#load(script);
    // The first unknown one, and everything behind it: order is kept by sending the rest again. What was applied of it
    // says so (`repeat`), because every script is safe to run twice.
    const from = replies.findIndex((reply) => isRedisReply(reply, /^NOSCRIPT/));
    replies = [...replies.slice(0, from), ...(await this.#send(calls.slice(from)))];
    return replies;
  }

  async #send(calls: readonly ScriptCall[]): Promise<(unknown[] | Error)[]> {
    // A command queued while the connection is away would run later, behind what is retried.
    if (this.#redis.status !== "ready") throw new RollcallError("UNAVAILABLE");
    const pipeline: ChainableCommander = this.#redis.pipeline();
    for (const [script, args] of calls) pipeline.evalsha(script.sha, 1, this.#key, ...args);
    let replies: [Error | null, unknown][] | null;
    try {
      replies = await pipeline.exec();
    } catch (cause) {
      throw new RollcallError("UNAVAILABLE", { cause });
    }
    if (replies === null) throw new RollcallError("UNAVAILABLE");
    return replies.map(([error, reply]) => error ?? (reply as unknown[]));
  }

  async #load(script: Script): Promise<void> {
    try {
      await this.#redis.script("LOAD", script.source);
    } catch (cause) {
      throw redisError(cause);
    }
  }
}

export const isOutOfMemory = (value: unknown): boolean => isRedisReply(value, /^OOM\b|-OOM /);
