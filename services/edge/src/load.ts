/** What edges tell one that drains: how many more connections each can take, and how fast. At most once, best effort. */

import { createInbox } from "@nats-io/nats-core";
import type { Clock, NatsHandle } from "@rollcall/runtime";

export interface EdgeLoad {
  edge: string;
  /** Connections it could still take. */
  free: number;
  admissionsPerSecond: number;
}

/** How long answers are waited for: edges are near, and a drain has little time. */
const GATHER_MS = 300;
const MAX_ANSWERS = 1_000;

/** Answers others. An edge that drains itself, or has no room, stays silent. */
export function answerLoad({ nc }: NatsHandle, subject: string, load: () => EdgeLoad | undefined): void {
  nc.subscribe(subject, {
    callback: (error, message) => {
      if (error !== null) return;
      const answer = load();
      if (answer !== undefined) message.respond(JSON.stringify(answer));
    },
  });
}

/** What the others can take. Empty when nobody answers. `prefix`: of the subjects on which this user may hear answers. */
export async function askLoad({ nc }: NatsHandle, subject: string, clock: Clock, prefix?: string): Promise<EdgeLoad[]> {
  const answers: EdgeLoad[] = [];
  const inbox = createInbox(prefix);
  const subscription = nc.subscribe(inbox, {
    max: MAX_ANSWERS,
    callback: (error, message) => {
      const answer = error === null ? loadOf(message.string()) : undefined;
      if (answer !== undefined) answers.push(answer);
    },
  });
  nc.publish(subject, "{}", { reply: inbox });
  await clock.sleep(GATHER_MS);
  subscription.unsubscribe();
  return answers;
}

function loadOf(text: string): EdgeLoad | undefined {
  try {
    const { edge, free, admissionsPerSecond } = JSON.parse(text) as Partial<EdgeLoad>;
    const isOne = typeof edge === "string" && Number(free) >= 0 && Number(admissionsPerSecond) > 0;
    return isOne ? { edge, free: Number(free), admissionsPerSecond: Number(admissionsPerSecond) } : undefined;
  } catch {
    return undefined; // "no responders" is an empty message
  }
}

/**
 * Over how long `connections` should be let go: as fast as the others together admit, with half of that left for
 * everyone else, and no longer than `maxMs`. Whoever could take none of them counts for nothing.
 */
export function drainMs(connections: number, others: readonly EdgeLoad[], maxMs: number): number {
  const perSecond =
    others.reduce((sum, { free, admissionsPerSecond }) => sum + Math.min(free, admissionsPerSecond), 0) / 2;
  return perSecond === 0 ? maxMs : Math.min(maxMs, Math.ceil((connections / perSecond) * 1_000));
}
