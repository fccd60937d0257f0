/** Questions to the collector of this folder's cluster. */

import { ATTRIBUTES, type CollectedSpan } from "@rollcall/telemetry";
import { CliError } from "./context.ts";

/** Of a CloudEvent's id, or of a message's. */
export async function findTraces(endpoint: string, id: string): Promise<string[]> {
  const found = await Promise.all(
    [ATTRIBUTES.eventId, ATTRIBUTES.messageId].map((attribute) =>
      get<{ traces: string[] }>(`${endpoint}/find?${new URLSearchParams({ [attribute]: id })}`),
    ),
  );
  return [...new Set(found.flatMap((answer) => answer?.traces ?? []))];
}

export async function readTrace(endpoint: string, traceId: string): Promise<CollectedSpan[]> {
  return (await get<{ spans: CollectedSpan[] }>(`${endpoint}/traces/${traceId}`))?.spans ?? [];
}

async function get<T>(url: string): Promise<T | undefined> {
  try {
    const response = await fetch(url);
    return response.ok ? ((await response.json()) as T) : undefined;
  } catch (cause) {
    throw new CliError(`the collector does not answer at ${new URL(url).origin}`, { cause });
  }
}
