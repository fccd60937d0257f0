/** `revoke`: ends sessions, and refuses the tokens they came with. */

import type { Command } from "commander";
import { answersOf } from "../bus/answers.ts";
import { type BusFlags, withBus } from "../bus/connect.ts";
import type { Context } from "../context.ts";
import { nameOf } from "../options.ts";

interface Flags extends BusFlags {
  session?: string;
  room?: string;
  ns?: string;
  issuedBefore?: string;
  reason: string;
}

export function addRevoke(program: Command, context: Context): void {
  const { terminal } = context;
  const { ask } = answersOf(context);
  withBus(
    program
      .command("revoke")
      .summary("end sessions, and refuse the tokens they came with")
      .argument("<user>", "whose", nameOf("user"))
      .option("--session <id>", "only this session", nameOf("session"))
      .option("--room <room>", "only out of this room", nameOf("room"))
      .option("--ns <namespace>", "only in this namespace", nameOf("namespace"))
      .option("--issued-before <time>", "tokens issued until then (default: now)")
      .option("--reason <text>", "for the record", "revoked by an operator"),
  ).action(async (user: string, flags: Flags) => {
    const { session, room, ns: namespace, issuedBefore, reason } = flags;
    const body = { user, session, room, namespace, issuedBefore, reason };
    const data = await ask<{ revoked: number }>(flags, "session.revoke", body);
    if (flags.json === true) terminal.json(data);
    else terminal.out(`${data.revoked} sessions ended or left`);
  });
}
