/** `demo`: real events through the cluster of this folder, and a count of what became of each. */

import type { Command } from "commander";
import { type Context, EXIT } from "../context.ts";
import { type DemoResult, runGithubDemo } from "../demo/github.ts";
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
  program
    .command("demo")
    .summary("send real events through the cluster of this folder")
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
