/** What `up` says when all is ready: where clients connect, and what to try next, in commands that can be pasted. */

import type { Plan } from "./plan.ts";

/** For the contract files of `examples/github`; the room is one that these real events go to. */
const DEMO = [
  "  ./rollcall demo github --count 20             real GitHub events to clients on every edge",
  "  ./rollcall watch --room repo:Codertocat~2fHello-World   what arrives in a room",
];

const hasDemo = (plan: Plan) => plan.contracts.some((path) => path.includes("/examples/github/"));

export function readyText(plan: Plan, { tookMs, detached }: { tookMs: number; detached: boolean }): string[] {
  const edges = plan.components.filter((spec) => spec.kind === "edge").map((spec) => spec.url);
  const end = detached ? "./rollcall down stops it." : "Ctrl-C stops all of it.";
  return [
    "",
    `Ready after ${(tookMs / 1_000).toFixed(1)} s. Socket.IO clients connect to ${edges.join(" or ")}. ${end}`,
    `Try next${detached ? "" : ", in another terminal"}:`,
    "",
    ...(hasDemo(plan) ? DEMO : []),
    "  ./rollcall token --user ada                   a token for a client of your own",
    "  ./rollcall presence list                      who is online",
    "  ./rollcall status                             what runs here",
    ...whereToLook(plan),
    "",
  ];
}

/** With `--observe`. */
function whereToLook({ components, otlpEndpoint }: Plan): string[] {
  const prometheus = components.find((spec) => spec.kind === "prometheus")?.url;
  if (prometheus === undefined) return [];
  return [
    "",
    "Where to look:",
    "",
    `  ${prometheus}/alerts    alerts and service levels, with the rules of deploy/prometheus`,
    `  ${prometheus}/graph     metrics (docs/metrics.md); panels are in deploy/grafana`,
    `  ${otlpEndpoint}/traces    the newest traces; one as a tree: ./rollcall trace <event id>`,
  ];
}
