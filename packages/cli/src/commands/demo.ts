/** `demo`: real events through the cluster of this folder and a count of what became of each; a board to play with. */

import type { Command } from "commander";
import { type Context, EXIT } from "../context.ts";
import { type BoardDemo, startBoardDemo } from "../demo/board.ts";
import { type DemoResult, runGithubDemo } from "../demo/github.ts";
import { listenForInterrupts } from "../interrupt.ts";
import { perSecond, wholeNumber } from "../options.ts";
import { table } from "../terminal.ts";

interface Flags {
  rate: number;
  count?: number;
  json?: true;
}

const MAX_COUNT = 100_000;
const SHOWN_MISSING = 10;

export function addDemo(program: Command, context: Context): void {
  const { terminal } = context;
  const demo = program.command("demo").summary("see the cluster of this folder at work");
  demo
    .command("board")
    .summary("a page to open twice: who is here, cursors, notes")
    .description(
      "Serves a small page on 127.0.0.1. Open it in two windows: each is a member of the same room, on an edge of its\n" +
        "choice, and may lose its connection. Ctrl-C ends it.",
    )
    .option("--port <n>", "port of the page; 0 takes a free one", wholeNumber(0, 65_535), 4080)
    .option("--json", "print one line of JSON when it is served; the rest goes to stderr")
    .action(async ({ port, json }: { port: number; json?: true }) => {
      const interrupts = listenForInterrupts();
      try {
        const board = await startBoardDemo({ port }, context);
        if (json === true) terminal.json({ url: board.url, edges: board.edges });
        else for (const line of describeBoard(board)) terminal.out(line);
        await interrupts.first;
        await board.close();
      } finally {
        interrupts.dispose();
      }
    });
  demo
    .command("github")
    .summary("every example of GitHub's webhooks, to clients on every edge")
    .description(
      "Publishes the webhooks that GitHub documents, and counts on every edge what arrives. Those that no contract\n" +
        "declares end in the dead-letter stream, as they should. Exit 1 when one is not where it belongs.",
    )
    .option("--rate <n>", "events per second", perSecond, 50)
    .option("--count <n>", "how many events (default: each once)", wholeNumber(1, MAX_COUNT))
    .option("--json", "print the result as JSON; progress goes to stderr")
    .action(async ({ rate, count, json }: Flags) => {
      const result = await runGithubDemo({ perSecond: rate, count }, context);
      if (json === true) terminal.json(result);
      else for (const line of describeResult(result)) terminal.out(line);
      context.exit(result.missing.length === 0 ? EXIT.ok : EXIT.failed);
    });
}

function describeBoard({ url, edges }: BoardDemo): string[] {
  const at = (user: string, edge: string | undefined) =>
    `  ${url}?user=${user}${edge === undefined ? "" : `&edge=${edge}`}`;
  return [
    "Open both, side by side:",
    "",
    at("ada", edges[0]),
    at("ben", edges[1] ?? edges[0]),
    "",
    "Move the pointer, write notes, change the edge, drop the connection: nobody is seen leaving. Ctrl-C ends it.",
  ];
}

export function describeResult(result: DemoResult): string[] {
  const { published, declared, edges, deadLetters, missing, slowest, traceOfSlowest } = result;
  const rows: (string | number)[][] = [
    ["published", published, "", ""],
    ["declared", declared, "", ""],
    ...edges.map(({ edge, delivered, p50Ms, p99Ms }) => [`arrived on ${edge}`, delivered, p50Ms ?? "", p99Ms ?? ""]),
    ...Object.entries(deadLetters).map(([reason, count]) => [`dead letter: ${reason}`, count, "", ""]),
  ];
  const lines = table(["", "events", "p50 ms", "p99 ms"], rows);
  if (slowest !== undefined && traceOfSlowest !== undefined) {
    lines.push("", `slowest: ${slowest.type}, ${slowest.ms.toFixed(1)} ms  (./rollcall trace ${traceOfSlowest})`);
  }
  if (missing.length > 0) {
    lines.push("", `${missing.length} missing:`);
    for (const { id, type, edges: without } of missing.slice(0, SHOWN_MISSING)) {
      lines.push(`  ${id}  ${type}  ${without.length > 0 ? `not on ${without.join(", ")}` : "no dead letter"}`);
    }
    if (missing.length > SHOWN_MISSING) lines.push(`  and ${missing.length - SHOWN_MISSING} more`);
  }
  return lines;
}
