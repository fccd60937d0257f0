/** `trace`: one trace as a tree, from the collector of this folder. */

import { ATTRIBUTES, type CollectedSpan } from "@rollcall/telemetry";
import type { Command } from "commander";
import { runningCluster } from "../cluster/running.ts";
import { CliError, type Context } from "../context.ts";
import { traceTree } from "../trace-tree.ts";

const TRACE_ID = /^[0-9a-f]{32}$/;

export function addTrace(program: Command, context: Context): void {
  const { terminal } = context;
  program
    .command("trace")
    .summary("the tree of a trace: service, span, duration, links, errors")
    .argument("<id>", "trace id, or the id of an event or message")
    .option("--json", "the spans")
    .action(async (id: string, { json }: { json?: true }) => {
      const endpoint = runningCluster(context).otlpEndpoint;
      if (endpoint === undefined) throw new CliError("this cluster has no collector");
      const traceIds = TRACE_ID.test(id) ? [id] : await find(endpoint, id);
      const traces = (await Promise.all(traceIds.map((traceId) => read(endpoint, traceId)))).filter(
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

async function get<T>(url: string): Promise<T | undefined> {
  try {
    const response = await fetch(url);
    return response.ok ? ((await response.json()) as T) : undefined;
  } catch (cause) {
    throw new CliError(`the collector does not answer at ${new URL(url).origin}`, { cause });
  }
}

/** A CloudEvent's id, or a message's. */
async function find(endpoint: string, id: string): Promise<string[]> {
  const found = await Promise.all(
    [ATTRIBUTES.eventId, ATTRIBUTES.messageId].map((attribute) =>
      get<{ traces: string[] }>(`${endpoint}/find?${new URLSearchParams({ [attribute]: id })}`),
    ),
  );
  return [...new Set(found.flatMap((answer) => answer?.traces ?? []))];
}

async function read(endpoint: string, traceId: string): Promise<CollectedSpan[]> {
  return (await get<{ spans: CollectedSpan[] }>(`${endpoint}/traces/${traceId}`))?.spans ?? [];
}
