/** Runs a guide as a reader would, and fails where it is not true. */

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { systemClock } from "@rollcall/runtime";
import { waitFor } from "../wait-for.ts";
import { MAIN_TERMINAL, type Step, stepsOf } from "./document.ts";
import { matchOutput } from "./output.ts";
import { DocTerminal } from "./terminal.ts";

export interface RunDocOptions {
  file: string;
  /** Where the reader stands at first. */
  cwd: string;
  env: Record<string, string>;
  /**
   * Guides say port 4000 to 4999; other clusters may have those. So in commands and files these ports of 127.0.0.1, and of
   * settings such as `PORT`, become the ones from `basePort`, a multiple of 1,000, on, and the other way round in what is
   * printed.
   */
  basePort: number;
  /** For one command or one output. Default 60 s. */
  timeoutMs?: number;
}

const TIMEOUT_MS = 60_000;
const AGAIN_MS = 200;
const DOC_BASE = 4_000;

/** Rejects with the place in the guide, what it says, and what was printed instead. */
export async function runDoc(options: RunDocOptions): Promise<void> {
  const { file, cwd, env, timeoutMs = TIMEOUT_MS } = options;
  const steps = stepsOf(readFileSync(file, "utf8"));
  if (steps.length === 0) throw new Error(`${file} has nothing to run`);
  const ports = portsBetween(DOC_BASE, options.basePort);
  const terminals = new Map<string, DocTerminal>();
  const terminalOf = (name: string) => {
    const terminal = terminals.get(name) ?? new DocTerminal({ cwd, env });
    terminals.set(name, terminal);
    return terminal;
  };
  const fails = ({ line }: Step, why: string, expected: readonly string[], terminal: DocTerminal) =>
    new Error(
      [
        `${basename(dirname(file))}/${basename(file)}:${line}: ${why}`,
        ...["", "It says:", ...expected, "", "It printed:", ...terminal.lines.map(ports.back)],
      ].join("\n"),
    );

  async function run(step: Step & { kind: "command" }, next: Step | undefined): Promise<void> {
    const terminal = terminalOf(step.terminal);
    const { expected } = step;
    const asksForCode = next?.kind === "command" && next.terminal === step.terminal && next.command === "echo $?";
    const deadlineMs = systemClock.monotonic() + timeoutMs;
    for (;;) {
      terminal.start(ports.there(step.command));
      const code = await within(deadlineMs - systemClock.monotonic(), terminal.ended());
      if (code === undefined) throw fails(step, "the command does not end", expected, terminal);
      const isRight = matchOutput(expected, terminal.lines.map(ports.back), true) !== undefined;
      if (isRight && (code === 0 || asksForCode)) return;
      if (!step.eventually || systemClock.monotonic() > deadlineMs) {
        throw fails(step, isRight ? `the command ended with ${code}` : "the output differs", expected, terminal);
      }
      await systemClock.sleep(AGAIN_MS);
    }
  }

  /** Something that goes on running has printed this. */
  async function prints(step: Step & { kind: "command" | "output" }): Promise<void> {
    const terminal = terminalOf(step.terminal);
    const { expected } = step;
    const ended = await waitFor(
      () => {
        const { isBusy } = terminal; // asked first: what it printed before its end is there
        const lines = matchOutput(expected, terminal.lines.map(ports.back), false);
        if (lines !== undefined) terminal.taken(lines);
        return lines !== undefined ? "as expected" : !isBusy && "too early";
      },
      { timeoutMs, what: () => fails(step, "the output did not come", expected, terminal).message },
    );
    if (ended === "too early") throw fails(step, "the command ended without it", expected, terminal);
  }

  function printsNoMore(step: Step, terminal: DocTerminal): void {
    if (terminal.lines.length > 0) throw fails(step, "by now it prints more than the guide says", [], terminal);
  }

  try {
    for (const [i, step] of steps.entries()) {
      if (step.kind === "file") {
        const path = join(cwd, step.path);
        mkdirSync(dirname(path), { recursive: true });
        writeFileSync(path, ports.there(step.text));
      } else if (step.kind === "interrupt") {
        const terminal = terminalOf(step.terminal);
        printsNoMore(step, terminal);
        await terminal.interrupt();
      } else if (step.kind === "output") {
        await prints(step);
      } else if (step.terminal === MAIN_TERMINAL) {
        await run(step, steps[i + 1]);
      } else {
        const terminal = terminalOf(step.terminal);
        const isFree = await within(timeoutMs, terminal.ended());
        if (isFree === undefined) throw fails(step, "the command before it still runs: ^C ends it", [], terminal);
        terminal.start(ports.there(step.command));
        await prints(step);
      }
    }
    terminals.delete(MAIN_TERMINAL); // it printed what it should, or this line is not reached
    for (const terminal of terminals.values()) printsNoMore(steps.at(-1)!, terminal);
  } finally {
    await Promise.all([...terminals.values()].map((terminal) => terminal.interrupt("SIGKILL")));
  }
}

function portsBetween(docBase: number, base: number) {
  const translate = (from: number, to: number) => {
    const pattern = new RegExp(`(?<=127\\.0\\.0\\.1:|PORT=)${from / 1_000}(?=\\d{3}\\b)`, "g");
    return (text: string) => text.replace(pattern, String(to / 1_000));
  };
  return { there: translate(docBase, base), back: translate(base, docBase) };
}

/** Undefined when time is up. */
async function within<T>(ms: number, work: Promise<T>): Promise<T | undefined> {
  const timer = new AbortController();
  const late = systemClock.sleep(Math.max(0, ms), timer.signal).catch(() => undefined); // the work was done first
  try {
    return await Promise.race([work, late as Promise<undefined>]);
  } finally {
    timer.abort();
  }
}
