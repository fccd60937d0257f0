/**
 * Who was revoked, and up to which time of issue: kept in the durable Redis for as long as a token can be valid. A flush
 * of the cell's Redis forgets sessions, never revocations. Should the durable one have lost its data, each replica
 * records again what it recorded before: what is asked of an empty store, and a store that began anew, show it.
 */

import { RollcallError } from "@rollcall/contracts";
import { keysOf } from "@rollcall/fanout";
import type { Clock, Logger, RedisConnection } from "@rollcall/runtime";
import { type RecordedRevocation, RecordedRevocations } from "./recorded-revocations.ts";
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
  redis: Pick<RedisConnection, "client" | "onReady">;
  clock: Clock;
  logger: Logger;
  install: string;
  cell: string;
  /** `MAX_TOKEN_TTL` and leeway. */
  rememberMs: number;
  /** Told when they had been lost, and are recorded again: whoever came in meanwhile has to go. */
  restored?(revocations: readonly RecordedRevocation[]): void;
}

const QUESTIONS_MAX = 500;

export function createRevocations(options: RevocationsOptions): Revocations {
  const { redis, install, cell, clock, logger, rememberMs } = options;
  const runner = new ScriptRunner(redis.client, `${keysOf(install, cell).prefix}revocations`);
  const [asking, recording] = ["revoked", "revoke-record"].map((name) => buildScript(name, { constants: {} })) as [
    Script,
    Script,
  ];
  const read = (text: unknown): number | undefined => (text === "" ? undefined : Number(text));

  const recorded = new RecordedRevocations();

  const asked = async (questions: readonly RevocationQuestion[]) => {
    const args = questions.flatMap(({ tenant, user, namespace = "", room = "" }) => [tenant, user, namespace, room]);
    const rows = (await runner.run(asking, args)) as [unknown, unknown][];
    const answers = questions.map((_, i) => ({ userMs: read(rows[i]?.[0] ?? ""), roomMs: read(rows[i]?.[1] ?? "") }));
    return { isEmpty: rows.length === 0, answers };
  };
  const askSome = async (questions: readonly RevocationQuestion[]): Promise<Revoked[]> => {
    const first = await asked(questions);
    if (!first.isEmpty || recorded.isEmpty) return first.answers;
    await restore();
    return (await asked(questions)).answers;
  };
  const askAll = async (questions: readonly RevocationQuestion[], ask: typeof askSome): Promise<Revoked[]> => {
    const answers: Promise<Revoked[]>[] = [];
    for (let at = 0; at < questions.length; at += QUESTIONS_MAX) {
      answers.push(ask(questions.slice(at, at + QUESTIONS_MAX)));
    }
    return (await Promise.all(answers)).flat();
  };

  let restoring: Promise<void> | undefined;
  const restore = () => {
    restoring ??= restoreMissing().finally(() => {
      restoring = undefined;
    });
    return restoring;
  };
  const restoreMissing = async () => {
    const all = recorded.live(clock.now());
    const known = await askAll(all, async (questions) => (await asked(questions)).answers);
    const missing = all.filter(({ room, issuedBeforeMs }, i) => {
      const { userMs, roomMs } = known[i]!;
      return ((room === "" ? userMs : roomMs) ?? -1) < issuedBeforeMs;
    });
    if (missing.length === 0) return;
    for (const { tenant, user, namespace, room, issuedBeforeMs, untilMs } of missing) {
      const leftMs = Math.max(1, Math.ceil(untilMs - clock.now()));
      await runner.run(recording, [tenant, user, namespace, room, issuedBeforeMs, leftMs]);
    }
    const count = missing.length;
    logger.warn({ event: "revocations.restored", count }, "the durable Redis had lost revocations: recorded again");
    options.restored?.(missing);
  };
  let runId: string | undefined;
  redis.onReady((run) => {
    const isAnother = runId !== undefined && run !== runId;
    runId = run;
    if (!isAnother) return;
    restore().catch((error: unknown) =>
      logger.error({ event: "revocations.unrestored", error }, "lost revocations cannot be recorded again"),
    );
  });

  return {
    ask: (questions) => askAll(questions, askSome),
    async record({ tenant, user, namespace = "", room = "", issuedBeforeMs = "" }) {
      const reply: unknown = await runner.run(recording, [tenant, user, namespace, room, issuedBeforeMs, rememberMs]);
      const ms = Number(reply);
      if (!Number.isFinite(ms)) throw new RollcallError("INTERNAL", { message: "not a time" });
      recorded.note({ tenant, user, namespace, room, issuedBeforeMs: ms, untilMs: clock.now() + rememberMs });
      return ms;
    },
  };
}
