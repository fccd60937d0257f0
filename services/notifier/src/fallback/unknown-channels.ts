/** Channels that contracts name and the deployment does not: what goes there waits until its ttl. Pure. */

import type { Contracts } from "@rollcall/contracts";

/** Each with the events that name it. */
export function unknownChannels(
  contracts: Contracts,
  known: { has(channel: string): boolean },
): [channel: string, events: string[]][] {
  const unknown = new Map<string, string[]>();
  for (const { events } of contracts.namespaces.values()) {
    for (const { name, durable } of events.values()) {
      const channel = durable?.fallback?.channel;
      if (channel === undefined || known.has(channel)) continue;
      unknown.set(channel, [...(unknown.get(channel) ?? []), name]);
    }
  }
  return [...unknown];
}
