/** `status`, `down`, `logs`: of the cluster that runs in this folder. */

import { existsSync, readFileSync, unwatchFile, watchFile } from "node:fs";
import type { Command } from "commander";
import { isAlive, type ProcessIdentity } from "../cluster/identity.ts";
import { lastLines } from "../cluster/logs.ts";
import { NOTHING_RUNS, runningCluster, START_IT } from "../cluster/running.ts";
import { readState, removeState } from "../cluster/state.ts";
import { CliError, type Context, EXIT } from "../context.ts";
import { listenForInterrupts } from "../interrupt.ts";
import { wholeNumber } from "../options.ts";
import { table } from "../terminal.ts";

export function addStatus(program: Command, context: Context): void {
  program
    .command("status")
    .summary("what runs in this folder; exit 1 when it is not all ready")
    .option("--json", "the object that `up --json` prints")
    .action(({ json }: { json?: true }) => {
      const { status } = runningCluster(context);
      if (json === true) context.terminal.json(status);
      else {
        const rows = status.components.map(({ name, ready, pid, url, internalUrl }) => [
          name,
          ready ? "ready" : "not ready",
          pid,
          url ?? "",
          internalUrl ?? "",
        ]);
        for (const line of table(["component", "state", "pid", "address", "internal"], rows))
          context.terminal.out(line);
      }
      context.exit(status.ready ? EXIT.ok : EXIT.failed);
    });
}

const POLL_MS = 50;
/** Longer than the supervisor gives the slowest of its processes. */
const SUPERVISOR_MS = 60_000;
const LEFTOVER_MS = 10_000;

export function addDown(program: Command, context: Context): void {
  const { home, clock, terminal } = context;
  const gone = async (processes: readonly ProcessIdentity[], withinMs: number): Promise<boolean> => {
    const deadline = clock.monotonic() + withinMs;
    while (processes.some(isAlive) && clock.monotonic() < deadline) await clock.sleep(POLL_MS);
    return !processes.some(isAlive);
  };
  const signal = (processes: readonly ProcessIdentity[], name: NodeJS.Signals) => {
    for (const recorded of processes) if (isAlive(recorded)) process.kill(recorded.pid, name);
  };
  program
    .command("down")
    .summary("stop the cluster of this folder, and what a killed one left behind")
    .action(async () => {
      const state = readState(home.state);
      if (state === undefined) {
        terminal.note(NOTHING_RUNS);
        return;
      }
      const all = [state.supervisor, ...state.processes];
      signal([state.supervisor], "SIGTERM");
      await gone([state.supervisor], SUPERVISOR_MS);
      // Only what an `up` left that could not do so itself.
      signal(all, "SIGTERM");
      if (!(await gone(all, LEFTOVER_MS))) signal(all, "SIGKILL");
      if (!(await gone(all, LEFTOVER_MS))) throw new CliError("some processes did not end");
      removeState(home.state);
      terminal.out("stopped");
    });
}

const FOLLOW_MS = 200;

export function addLogs(program: Command, context: Context): void {
  const { home, terminal } = context;
  program
    .command("logs")
    .summary("the log of a component, for example edge-1")
    .argument("[component]", "default: the last lines of each")
    .option("-n, --lines <n>", "how many", wholeNumber(1, 100_000), 20)
    .option("-f, --follow", "go on printing until Ctrl-C")
    .action(async (component: string | undefined, { lines, follow }: { lines: number; follow?: true }) => {
      const known = (readState(home.state)?.status.components ?? []).map(({ name }) => name);
      const names = component === undefined ? known : [component];
      if (names.length === 0) throw new CliError(NOTHING_RUNS, { hint: START_IT });
      for (const name of names) {
        const file = home.log(name);
        if (!/^[a-z0-9-]+$/.test(name) || !existsSync(file)) {
          throw new CliError(`no log of ${name}`, { hint: `There are: ${known.join(", ") || "none"}` });
        }
        if (names.length > 1) terminal.out(terminal.style("bold", `== ${name}`));
        for (const line of lastLines(file, lines)) terminal.out(line);
      }
      if (follow === true) await followFile(home.log(names[0]!), terminal.out);
    });
}

async function followFile(file: string, print: (line: string) => void): Promise<void> {
  let seen = readFileSync(file).length;
  const interrupts = listenForInterrupts();
  watchFile(file, { interval: FOLLOW_MS }, () => {
    const all = readFileSync(file);
    if (all.length < seen) seen = 0; // it was emptied
    const fresh = all.subarray(seen).toString("utf8");
    seen = all.length;
    for (const line of fresh.split("\n")) if (line !== "") print(line);
  });
  await interrupts.first;
  unwatchFile(file);
  interrupts.dispose();
}
