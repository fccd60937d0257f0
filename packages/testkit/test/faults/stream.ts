/** What backends were told: the PRESENCE stream from one place on, read by the rules of the wire contract. */

import { jetstream } from "@nats-io/jetstream";
import type { World } from "./world.ts";

export interface Told {
  subject: string;
  type: string;
  user?: string;
  room?: string;
  epoch?: string;
  version?: number;
  reason?: string;
  at?: string;
}

const READ_MS = 5_000;

export async function toldSince(world: World, from: number): Promise<Told[]> {
  const to = await world.streamEnd();
  if (to <= from) return [];
  const told: Told[] = [];
  const consumer = await jetstream(world.nc).consumers.get(world.subjects.presenceStream(), {
    deliver_policy: "by_start_sequence" as never,
    opt_start_seq: from + 1,
  });
  const messages = await consumer.fetch({ max_messages: to - from, expires: READ_MS });
  for await (const message of messages) {
    told.push({ ...message.json<Told>(), subject: message.subject, type: message.headers?.get("ce-type") ?? "" });
    if (message.seq >= to) break;
  }
  return told;
}

/** Repeats and late ones left out: not above the last (epoch, version) of their subject. */
export function inOrder(told: readonly Told[]): Told[] {
  const newest = new Map<string, readonly number[]>();
  return told.filter(({ subject, epoch, version }) => {
    const place = [...(epoch ?? "").split(".").map(Number), version ?? 0];
    const before = newest.get(subject);
    const isNew = before === undefined || compare(place, before) > 0;
    if (isNew) newest.set(subject, place);
    return isNew;
  });
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (const [i, value] of a.entries()) {
    const difference = value - (b[i] ?? -1);
    if (difference !== 0) return difference;
  }
  return 0;
}
