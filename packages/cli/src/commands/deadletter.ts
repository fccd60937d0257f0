/** `deadletter`: what could not be routed or delivered, and what becomes of it. */

import type { Command } from "commander";
import { answersOf, type Row } from "../bus/answers.ts";
import { type BusFlags, withBus } from "../bus/connect.ts";
import { CliError, type Context, EXIT } from "../context.ts";
import { wholeNumber } from "../options.ts";

interface Flags extends BusFlags {
  reason?: string;
  limit?: number;
}

export function addDeadletter(program: Command, context: Context): void {
  const { ask, show, print } = answersOf(context);
  const letters = program.command("deadletter").summary("what could not be routed or delivered");
  const list = (flags: Flags, body: Record<string, unknown>) =>
    ask<{ letters?: Row[] }>(flags, "deadletter.list", body);

  withBus(
    letters
      .command("list")
      .option("--reason <reason>")
      .option("--limit <n>", "at most that many", wholeNumber(1, 1_000)),
  ).action(async (flags: Flags) => {
    const data = await list(flags, { reason: flags.reason, limit: flags.limit });
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
    withBus(
      letters.command(name).summary(summary).argument("[id...]").option("--reason <reason>", "all with it"),
    ).action(async (ids: string[], flags: Flags) => {
      if (ids.length === 0 && flags.reason === undefined) {
        throw new CliError("name ids, or a --reason", { exitCode: EXIT.usage });
      }
      const body = { ids: ids.length === 0 ? undefined : ids, reason: flags.reason };
      print(flags, await ask(flags, `deadletter.${name}`, body));
    });
  }
}
