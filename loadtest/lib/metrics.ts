/** What is measured, in k6's terms. Times in milliseconds, tagged with the edge of who saw it. */

import { Counter, Trend } from "k6/metrics";

/** Above 0: see `thresholdsOf`. */
const SHORTEST_MS = 0.01;

const time = (name: string) => {
  const trend = new Trend(name, true);
  return { add: (ms: number, tags?: Record<string, string>) => trend.add(Math.max(ms, SHORTEST_MS), tags) };
};

export const metrics = {
  connect: time("rollcall_connect"),
  join: time("rollcall_join"),
  joinVisible: time("rollcall_join_visible"),
  leaveVisible: time("rollcall_leave_visible"),
  statusVisible: time("rollcall_status_visible"),
  vanishVisible: time("rollcall_vanish_visible"),
  crashVisible: time("rollcall_crash_visible"),
  relay: time("rollcall_relay"),
  state: time("rollcall_state_visible"),
  notify: time("rollcall_notify"),
  back: time("rollcall_return"),

  gaps: new Counter("rollcall_gaps"),
  repeats: new Counter("rollcall_repeats"),
  undeclared: new Counter("rollcall_undeclared"),
  mismatches: new Counter("rollcall_mismatches"),
  flickers: new Counter("rollcall_flickers"),
  lost: new Counter("rollcall_lost"),
  errors: new Counter("rollcall_errors"),
  closed: new Counter("rollcall_closed"),
  unfinished: new Counter("rollcall_unfinished"),

  audits: new Counter("rollcall_audits"),
  received: new Counter("rollcall_received"),
  relayed: new Counter("rollcall_relayed"),
  published: new Counter("rollcall_published"),
  conflicts: new Counter("rollcall_conflicts"),
  refusals: new Counter("rollcall_refusals"),
  leftOut: new Counter("rollcall_left_out"),
};

const CORRECTNESS = [
  "gaps",
  "repeats",
  "undeclared",
  "mismatches",
  "flickers",
  "lost",
  "errors",
  "closed",
] as const satisfies (keyof typeof metrics)[];

/** Something that must not happen: counted, and told once in a while, or nobody finds it. */
export function blame(
  what: (typeof CORRECTNESS)[number],
  why: string,
  tags: Record<string, string> = {},
  count = 1,
): void {
  metrics[what].add(count, tags);
  if (told++ < MAX_TOLD) console.warn(`${what}: ${why}`);
}

/** Of one VU. */
const MAX_TOLD = 20;
let told = 0;

/** Runs `work` and reports what it throws, instead of ending the VU. */
export async function guarded(what: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    blame("errors", `${what}: ${String(error)}`, { event: what });
  }
}
