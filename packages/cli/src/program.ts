/** The command line as a whole. */

import { RollcallError } from "@rollcall/contracts";
import { buildInfo } from "@rollcall/runtime";
import { Command, CommanderError, InvalidArgumentError } from "commander";
import { CliError, type Context, EXIT } from "./context.ts";

type Add = (program: Command, context: Context) => void;

/** By name, in the order of the help. Only what is asked is loaded: the whole takes several times as long. */
const COMMANDS: Readonly<Record<string, () => Promise<Add>>> = {
  up: async () => (await import("./commands/up.ts")).addUp,
  down: async () => (await import("./commands/cluster.ts")).addDown,
  status: async () => (await import("./commands/cluster.ts")).addStatus,
  logs: async () => (await import("./commands/cluster.ts")).addLogs,
  test: async () => (await import("./commands/test.ts")).addTest,
  verify: async () => (await import("./commands/test.ts")).addVerify,
  token: async () => (await import("./commands/token.ts")).addToken,
  publish: async () => (await import("./commands/publish.ts")).addPublish,
  watch: async () => (await import("./commands/watch.ts")).addWatch,
  presence: async () => (await import("./commands/presence.ts")).addPresence,
  room: async () => (await import("./commands/room.ts")).addRoom,
  revoke: async () => (await import("./commands/revoke.ts")).addRevoke,
  explain: async () => (await import("./commands/explain.ts")).addExplain,
  deadletter: async () => (await import("./commands/deadletter.ts")).addDeadletter,
  trace: async () => (await import("./commands/trace.ts")).addTrace,
  doctor: async () => (await import("./commands/doctor.ts")).addDoctor,
  migrate: async () => (await import("./commands/migrate.ts")).addMigrate,
  contracts: async () => (await import("./commands/contracts.ts")).addContracts,
  demo: async () => (await import("./commands/demo.ts")).addDemo,
  bench: async () => (await import("./commands/bench.ts")).addBench,
  plan: async () => (await import("./commands/plan.ts")).addPlan,
  loadtest: async () => (await import("./commands/loadtest.ts")).addLoadtest,
  probe: async () => (await import("./commands/probe.ts")).addProbe,
};

/** The command that the line begins with; without one, all of them, for the help. */
async function makeProgram(args: readonly string[], context: Context): Promise<Command> {
  const program = new Command("rollcall")
    .description("Presence and room state for Socket.IO clients: run it, ask it, prove it.")
    .configureOutput({
      writeErr: (text) => context.terminal.note(text.trimEnd()),
      writeOut: (text) => context.terminal.out(text.trimEnd()),
    })
    .version(versionText(), "--version", "the version, its Node and, in a checkout, its commit")
    .showHelpAfterError("(--help shows the options)")
    .exitOverride();
  const [name = ""] = args;
  const asked = Object.hasOwn(COMMANDS, name) ? [COMMANDS[name]!] : Object.values(COMMANDS);
  for (const add of await Promise.all(asked.map((load) => load()))) add(program, context);
  const inherit = (command: Command) => {
    command.exitOverride().copyInheritedSettings(program);
    for (const child of command.commands) inherit(child);
  };
  for (const command of program.commands) inherit(command);
  return program;
}

function versionText(): string {
  const { version, node, commit } = buildInfo();
  return [`rollcall ${version}`, `node ${node}`, ...(commit === undefined ? [] : [`commit ${commit}`])].join(", ");
}

/** Runs one command line; gives its exit code. */
export async function runProgram(args: readonly string[], context: Omit<Context, "exit">): Promise<number> {
  let exitCode: number = EXIT.ok;
  try {
    const program = await makeProgram(args, { ...context, exit: (code) => void (exitCode = code) });
    await program.parseAsync([...args], { from: "user" });
    return exitCode;
  } catch (error) {
    return explain(error, context.terminal.note);
  }
}

/** Says why a command line failed; gives the exit code. */
export function explain(error: unknown, note: (line: string) => void): number {
  // Thrown by an option's parser it comes as another kind of error, printed already; this one by a command.
  if (error instanceof InvalidArgumentError) {
    note(`rollcall: ${error.message}`);
    return EXIT.usage;
  }
  // commander has printed it already
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  if (error instanceof CliError) {
    note(`rollcall: ${error.message}`);
    if (error.hint !== undefined) note(error.hint);
    return error.exitCode;
  }
  if (error instanceof RollcallError) {
    note(`rollcall: ${error.code}: ${error.message}`);
    for (const { pointer, message } of issuesOf(error)) note(`  ${pointer || "/"} ${message}`);
    if (error.code === "UNAVAILABLE" || error.code === "TIMEOUT") note("`./rollcall doctor` says what is away");
    return EXIT.failed;
  }
  throw error;
}

function issuesOf({ details }: RollcallError): { pointer: string; message: string }[] {
  return Array.isArray(details?.issues) ? details.issues : [];
}
