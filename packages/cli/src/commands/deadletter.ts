/** `deadletter`: what could not be routed or delivered, and what becomes of it. */

import type { Command } from "commander";
import { answersOf, type Row } from "../bus/answers.ts";
import { type BusFlags, withBus } from "../bus/connect.ts";
import { CliError, type Context, EXIT } from "../context.ts";
import { instant, wholeNumber } from "../options.ts";

interface Flags extends BusFlags {
  reason?: string;
  limit?: number;
  since?: string;
  until?: string;
}

/** Ids by what became of them; `next`: there are more. */
interface Chosen {
  replayed?: string[];
  skipped?: string[];
  discarded?: string[];
  next?: string;
}

const withTimes = (command: Command, now: () => number): Command =>
  command
    .option("--reason <reason>")
    .option("--since <time>", "not older: a time, or how long ago, such as 2h", instant(now))
    .option("--until <time>", "not newer", instant(now));

export function addDeadletter(program: Command, context: Context): void {
  const { ask, show, print } = answersOf(context);
  const letters = program.command("deadletter").summary("what could not be routed or delivered");
  const list = (flags: Flags, body: Record<string, unknown>) =>
    ask<{ letters?: Row[] }>(flags, "deadletter.list", body);

  const now = () => context.clock.now();
  withBus(
    withTimes(letters.command("list"), now).option("--limit <n>", "at most that many", wholeNumber(1, 1_000)),
  ).action(async (flags: Flags) => {
    const { reason, limit, since, until } = flags;
    const data = await list(flags, { reason, limit, since, until });
    show(flags, data, data.letters ?? [], ["id", "reason", "detail", "subject", "sequence", "at"]);
  });
  withBus(letters.command("show").argument("<id>")).action(async (id: string, flags: Flags) => {
    const [letter] = (await list(flags, { ids: [id] })).letters ?? [];
    if (letter === undefined) throw new CliError(`no dead letter ${id}`);
    print(flags, letter);
  });
  for (const [name, summary] of [
    ["replay", "route them again, for example after a contract was mended"],
    ["discard", "delete them"],
  ] as const) {
    withBus(withTimes(letters.command(name).summary(summary).argument("[id...]"), now)).action(
      async (ids: string[], flags: Flags) => {
        const { reason, since, until } = flags;
        if (ids.length === 0 && reason === undefined && since === undefined && until === undefined) {
          throw new CliError("name ids, a --reason, or a time", { exitCode: EXIT.usage });
        }
        const body = { ids: ids.length === 0 ? undefined : ids, reason, since, until };
        const done: Record<string, string[]> = {};
        for (let after: string | undefined, more = true; more; more = after !== undefined) {
          const { next, ...some } = await ask<Chosen>(flags, `deadletter.${name}`, { ...body, after });
          for (const [what, which] of Object.entries(some)) done[what] = [...(done[what] ?? []), ...which];
          after = next;
        }
        print(flags, done);
      },
    );
  }
}
