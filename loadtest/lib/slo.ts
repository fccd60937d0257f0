/**
 * What a run must show. Each objective is a k6 threshold: a run that misses one ends with exit code 99, and its summary
 * names it. Times follow the bounds of `docs/presence.md` and are listed in `docs/operations/load.md`; correctness has no
 * budget.
 */

export interface Objective {
  title: string;
  metric: string;
  /** A k6 threshold expression. */
  condition: string;
  /** What is measured is a time. */
  unit: "ms" | "";
  /** Also judged for each edge by itself. */
  perEdge?: true;
}

const time = (title: string, metric: string, quantile: string, boundMs: number): Objective => ({
  title,
  metric,
  condition: `${quantile}<=${boundMs}`,
  unit: "ms",
  perEdge: true,
});
const none = (title: string, metric: string): Objective => ({ title, metric, condition: "count==0", unit: "" });
const some = (title: string, metric: string): Objective => ({ title, metric, condition: "count>0", unit: "" });

export const OBJECTIVES = {
  connect: time("connected, from dialling to session:ready", "rollcall_connect", "p(99)", 2_000),
  join: time("join answered", "rollcall_join", "p(99)", 250),
  joinVisible: time("join visible to the others", "rollcall_join_visible", "p(99)", 250),
  leaveVisible: time("leave visible to the others", "rollcall_leave_visible", "p(99)", 250),
  statusVisible: time("status visible to watchers", "rollcall_status_visible", "p(99)", 250),
  vanishVisible: time("closed connection seen as offline", "rollcall_vanish_visible", "max", 11_000),
  crashVisible: time("offline after the crash of an edge", "rollcall_crash_visible", "max", 17_000),
  relay: time("relay, sender to receiver", "rollcall_relay", "p(99)", 100),
  state: time("state patch visible to the others", "rollcall_state_visible", "p(99)", 250),
  notify: time("durable event, publisher to device", "rollcall_notify", "p(99)", 1_000),
  back: time("back in every room after a lost connection", "rollcall_return", "p(99)", 10_000),

  gaps: none("gaps", "rollcall_gaps"),
  repeats: none("repeats", "rollcall_repeats"),
  undeclared: none("undeclared or malformed", "rollcall_undeclared"),
  mismatches: none("rosters or states unlike the truth", "rollcall_mismatches"),
  flickers: none("shown leaving while there", "rollcall_flickers"),
  lost: none("changes and events never seen", "rollcall_lost"),
  errors: none("requests that failed", "rollcall_errors"),
  closed: none("connections closed by the server", "rollcall_closed"),
  /** Whoever is interrupted or fails midway has compared nothing. */
  unfinished: none("virtual users that did not come to the end", "rollcall_unfinished"),

  audits: some("comparisons with the truth", "rollcall_audits"),
  relayed: some("relays acknowledged", "rollcall_relayed"),
  notified: some("durable events published", "rollcall_published"),
  refusals: some("refusals of what is forbidden", "rollcall_refusals"),
  leftOut: some("slow readers left out or closed", "rollcall_left_out"),
} as const satisfies Record<string, Objective>;

export type ObjectiveId = keyof typeof OBJECTIVES;

/** What every scenario promises. */
export const CORRECTNESS: readonly ObjectiveId[] = [
  ...(["gaps", "repeats", "undeclared", "mismatches", "flickers", "lost", "unfinished"] as const),
];

/** One line of the result: an objective, of all edges or of one. */
export interface Judged extends Objective {
  /** Name of the k6 metric or submetric. */
  series: string;
}

export function judgedBy(ids: readonly ObjectiveId[], edges: readonly string[]): Judged[] {
  return ids.flatMap((id) => {
    const objective: Objective = OBJECTIVES[id];
    const whole: Judged = { ...objective, series: objective.metric };
    if (objective.perEdge === undefined || edges.length < 2) return [whole];
    const each = edges.map((edge) => ({
      ...objective,
      title: `  through ${edge}`,
      series: `${objective.metric}{edge:${edge}}`,
    }));
    return [whole, ...each];
  });
}

/** To k6 a time that was never taken is 0 and good: a sample is never 0, so the second threshold says that there is one. */
export const thresholdsOf = (judged: readonly Judged[]): Record<string, string[]> =>
  Object.fromEntries(
    judged.map(({ series, metric, condition, unit }) => [
      series,
      unit === "ms" && series === metric ? [condition, "max>0"] : [condition],
    ]),
  );
