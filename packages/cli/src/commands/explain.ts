/** `explain`: why an event arrived, or did not. */

import type { Command } from "commander";
import { answersOf } from "../bus/answers.ts";
import { type BusFlags, withBus } from "../bus/connect.ts";
import type { Context } from "../context.ts";
import { nameOf } from "../options.ts";

export function addExplain(program: Command, context: Context): void {
  const { ask, print } = answersOf(context);
  withBus(
    program
      .command("explain")
      .summary("why did an event (not) arrive")
      .argument("<event id>")
      .option("--user <user>", "for this recipient", nameOf("user")),
  ).action(async (id: string, flags: BusFlags & { user?: string }) => {
    print(flags, await ask(flags, "delivery.get", { id, user: flags.user }));
  });
}
