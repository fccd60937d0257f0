/** The command line as a whole. */

import { RollcallError } from "@rollcall/contracts";
import { Command, CommanderError } from "commander";
import { addBench } from "./commands/bench.ts";
import { addDown, addLogs, addStatus } from "./commands/cluster.ts";
import { addContracts } from "./commands/contracts.ts";
import { addDemo } from "./commands/demo.ts";
import { addDoctor } from "./commands/doctor.ts";
import { addLoadtest } from "./commands/loadtest.ts";
import { addProbe } from "./commands/probe.ts";
import { addPublish } from "./commands/publish.ts";
import { addRequests } from "./commands/requests.ts";
import { addTest } from "./commands/test.ts";
import { addToken } from "./commands/token.ts";
import { addTrace } from "./commands/trace.ts";
import { addUp } from "./commands/up.ts";
import { addWatch } from "./commands/watch.ts";
import { CliError, type Context, EXIT } from "./context.ts";

const COMMANDS = [
  addUp,
  addDown,
  addStatus,
  addLogs,
  addTest,
  addToken,
  addPublish,
  addWatch,
  addRequests,
  addTrace,
  addDoctor,
  addContracts,
  addDemo,
  addBench,
  addLoadtest,
  addProbe,
];

export function makeProgram(context: Context): Command {
  const program = new Command("rollcall")
    .description("Presence and room state for Socket.IO clients: run it, ask it, prove it.")
    .configureOutput({
      writeErr: (text) => context.terminal.note(text.trimEnd()),
      writeOut: (text) => context.terminal.out(text.trimEnd()),
    })
    .showHelpAfterError("(--help shows the options)")
    .exitOverride();
  for (const add of COMMANDS) add(program, context);
  const inherit = (command: Command) => {
    command.exitOverride().copyInheritedSettings(program);
    for (const child of command.commands) inherit(child);
  };
  for (const command of program.commands) inherit(command);
  return program;
}

/** Runs one command line; gives its exit code. */
export async function runProgram(args: readonly string[], context: Omit<Context, "exit">): Promise<number> {
  let exitCode: number = EXIT.ok;
  const program = makeProgram({ ...context, exit: (code) => void (exitCode = code) });
  try {
    await program.parseAsync([...args], { from: "user" });
    return exitCode;
  } catch (error) {
    return explain(error, context.terminal.note);
  }
}

function explain(error: unknown, note: (line: string) => void): number {
  // commander has printed it already
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  if (error instanceof CliError) {
    note(`rollcall: ${error.message}`);
    if (error.hint !== undefined) note(error.hint);
    return error.exitCode;
  }
  if (error instanceof RollcallError) {
    note(`rollcall: ${error.code}: ${error.message}`);
    return EXIT.failed;
  }
  throw error;
}
