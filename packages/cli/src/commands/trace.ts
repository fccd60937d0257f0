/** `trace`: one trace as a tree, from the collector of this folder. */

import type { Command } from "commander";
import { runningCluster } from "../cluster/running.ts";
import { findTraces, readTrace } from "../collector.ts";
import { CliError, type Context } from "../context.ts";
import { traceTree } from "../trace-tree.ts";

const TRACE_ID = /^[0-9a-f]{32}$/;

export function addTrace(program: Command, context: Context): void {
  const { terminal } = context;
  program
    .command("trace")
    .summary("the tree of a trace: service, span, duration, links, errors")
    .argument("<id>", "trace id, a publisher's event id, or meta.id of a message that clients got")
    .option("--json", "the spans")
    .action(async (id: string, { json }: { json?: true }) => {
      const endpoint = runningCluster(context).otlpEndpoint;
      if (endpoint === undefined) throw new CliError("this cluster has no collector");
      const traceIds = TRACE_ID.test(id) ? [id] : await findTraces(endpoint, id);
      const traces = (await Promise.all(traceIds.map((traceId) => readTrace(endpoint, traceId)))).filter(
        (spans) => spans.length > 0,
      );
      if (traces.length === 0) {
        throw new CliError(`the collector at ${endpoint} knows no trace of ${id}`, {
          hint: "It keeps the newest 2,000; spans arrive a second or two after their end.",
        });
      }
      if (json === true) return terminal.json({ traces });
      for (const spans of traces) {
        terminal.out(terminal.style("dim", `trace ${spans[0]!.traceId}, ${spans.length} spans`));
        for (const line of traceTree(spans)) terminal.out(line);
      }
    });
}
