/**
 * A guide as a list of steps. Two kinds of fenced blocks are run, all others are only read:
 *
 *     ```console            lines that begin with `$ ` are commands (a final `\` continues one); the lines below each,
 *     $ command             up to the next, are what it prints. A line `^C` interrupts what runs.
 *     expected output
 *     ```
 *
 *     ```yaml file=desk/a.yaml      the file is written as it stands there
 *
 * A `console` block may say `terminal=NAME` (another terminal: a command there need not end, and a block without one
 * goes on waiting for its output) and `eventually` (its commands only look, and are repeated until they show this).
 */

export type Step =
  | { kind: "file"; line: number; path: string; text: string }
  | { kind: "command"; line: number; terminal: string; command: string; expected: string[]; eventually: boolean }
  | { kind: "output"; line: number; terminal: string; expected: string[] }
  | { kind: "interrupt"; line: number; terminal: string };

export const MAIN_TERMINAL = "main";

interface Block {
  /** Of its first line inside, from 1. */
  line: number;
  info: string[];
  lines: string[];
}

export function stepsOf(markdown: string): Step[] {
  return blocksOf(markdown).flatMap((block): Step[] => {
    const { line, info, lines } = block;
    const path = settingOf(info, "file");
    if (path !== undefined) return [{ kind: "file", line, path, text: `${lines.join("\n")}\n` }];
    return info[0] === "console" ? consoleSteps(block) : [];
  });
}

function blocksOf(markdown: string): Block[] {
  const blocks: Block[] = [];
  let open: Block | undefined;
  for (const [i, text] of markdown.split("\n").entries()) {
    const fence = /^```(.*)$/.exec(text);
    if (fence === null) open?.lines.push(text);
    else if (open === undefined) open = { line: i + 2, info: fence[1]!.trim().split(/\s+/), lines: [] };
    else {
      blocks.push(open);
      open = undefined;
    }
  }
  if (open !== undefined) throw new Error(`line ${open.line - 1}: the block is not closed`);
  return blocks;
}

const settingOf = (info: readonly string[], key: string) =>
  info.find((word) => word.startsWith(`${key}=`))?.slice(key.length + 1);

function consoleSteps({ line: first, info, lines }: Block): Step[] {
  const terminal = settingOf(info, "terminal") ?? MAIN_TERMINAL;
  const eventually = info.includes("eventually");
  const steps: Step[] = [];
  let expected: string[] | undefined;
  let continues = false;
  for (const [i, text] of lines.entries()) {
    const line = first + i;
    const last = steps.at(-1);
    if (continues && last?.kind === "command") {
      last.command += `\n${text}`;
      continues = text.endsWith("\\");
    } else if (text.startsWith("$ ")) {
      expected = [];
      steps.push({ kind: "command", line, terminal, command: text.slice(2), expected, eventually });
      continues = text.endsWith("\\");
    } else if (text === "^C") {
      steps.push({ kind: "interrupt", line, terminal });
      expected = undefined;
    } else {
      if (expected === undefined) {
        expected = [];
        steps.push({ kind: "output", line, terminal, expected });
      }
      expected.push(text);
    }
  }
  return steps;
}
