/**
 * Who was revoked, and up to which time of issue: kept in the durable Redis for as long as a token can be valid. A flush
 * of the cell's Redis forgets sessions, never revocations.
 */

import { RollcallError } from "@rollcall/contracts";
import { keysOf } from "@rollcall/fanout";
import type { RedisConnection } from "@rollcall/runtime";
import { buildScript, type Script, ScriptRunner } from "./scripts.ts";

export interface RevocationQuestion {
  tenant: string;
  user: string;
  /** Also asks for this room. */
  namespace?: string;
  room?: string;
}

export interface Revoked {
  /** Tokens of the user issued at or before this are void; undefined: none is. */
  userMs: number | undefined;
  roomMs: number | undefined;
}

export interface Revocations {
  /** In the order asked. Rejects with `UNAVAILABLE` when it cannot be known. */
  ask(questions: readonly RevocationQuestion[]): Promise<Revoked[]>;
  /** Resolves with the time of issue up to which tokens are void now. */
  record(revocation: {
    tenant: string;
    user: string;
    namespace?: string | undefined;
    room?: string | undefined;
    issuedBeforeMs?: number | undefined;
  }): Promise<number>;
}

export interface RevocationsOptions {
  redis: Pick<RedisConnection, "client">;
  install: string;
  cell: string;
  /** `MAX_TOKEN_TTL` and leeway. */
  rememberMs: number;
}

const QUESTIONS_MAX = 500;

export function createRevocations({ redis, install, cell, rememberMs }: RevocationsOptions): Revocations {
  const runner = new ScriptRunner(redis.client, `${keysOf(install, cell).prefix}revocations`);
  const [asking, recording] = ["revoked", "revoke-record"].map((name) => buildScript(name, { constants: {} })) as [
    Script,
    Script,
  ];
  const read = (text: unknown): number | undefined => (text === "" ? undefined : Number(text));

  const askSome = async (questions: readonly RevocationQuestion[]): Promise<Revoked[]> => {
    const args = questions.flatMap(({ tenant, user, namespace = "", room = "" }) => [tenant, user, namespace, room]);
    const rows = (await runner.run(asking, args)) as [unknown, unknown][];
    return questions.map((_, i) => ({ userMs: read(rows[i]?.[0] ?? ""), roomMs: read(rows[i]?.[1] ?? "") }));
  };

  return {
    async ask(questions) {
      const asked: Promise<Revoked[]>[] = [];
      for (let at = 0; at < questions.length; at += QUESTIONS_MAX) {
        asked.push(askSome(questions.slice(at, at + QUESTIONS_MAX)));
      }
      return (await Promise.all(asked)).flat();
    },
    async record({ tenant, user, namespace = "", room = "", issuedBeforeMs = "" }) {
      const reply: unknown = await runner.run(recording, [tenant, user, namespace, room, issuedBeforeMs, rememberMs]);
      const ms = Number(reply);
      if (!Number.isFinite(ms)) throw new RollcallError("INTERNAL", { message: "not a time" });
      return ms;
    },
  };
}
