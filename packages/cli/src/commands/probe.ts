/** `probe`: canaries on every edge, all the time: what users would notice, measured from outside. */

import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { jetstream } from "@nats-io/jetstream";
import { DEFAULT_TENANT } from "@rollcall/contracts";
import { createMetrics, type Metrics, startInternalServer } from "@rollcall/runtime";
import type { Command } from "commander";
import { type BusFlags, useBus, withBus } from "../bus/connect.ts";
import { contractPaths, loadOrExplain } from "../cluster/contract-paths.ts";
import { runningCluster } from "../cluster/running.ts";
import { readState } from "../cluster/state.ts";
import { CliError, type Context, EXIT } from "../context.ts";
import { listenForInterrupts } from "../interrupt.ts";
import { makePublisher } from "../loadtest/publisher.ts";
import { signTokens, type UserToken } from "../loadtest/tokens.ts";
import { durationMs, repeated, wholeNumber } from "../options.ts";
import { probeEdge, type Sample } from "../probe/canary.ts";
import { table } from "../terminal.ts";

interface Flags extends BusFlags {
  edge?: string[];
  tokens?: string;
  every: number;
  port: number;
  once?: true;
}

const SECONDS = {
  name: "rollcall_probe_seconds",
  type: "histogram",
  help: "From a canary's act until the other one knew.",
  labels: ["sli", "edge"],
  buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 11, 15, 20, 30],
} as const;
const FAILURES = {
  name: "rollcall_probe_failures_total",
  type: "counter",
  help: "What a canary did and the other never came to know.",
  labels: ["sli", "edge"],
} as const;

export function addProbe(program: Command, context: Context): void {
  withBus(
    program
      .command("probe")
      .summary("canaries on every edge: how long until others see a join, a loss, a notification")
      .description(
        "Two users per edge, as stock clients. Serves rollcall_probe_seconds and rollcall_probe_failures_total on\n" +
          "/metrics until Ctrl-C; with --once prints one round, exit 1 when something never came to pass.",
      )
      .option("--edge <url>", "edge of another cluster, may be repeated (default: those of this folder)", repeated)
      .option("--tokens <file>", "for --edge: two users per edge, of `token --count`")
      .option("--every <duration>", "from the begin of a round to the next", durationMs, 60_000)
      .option("--port <n>", "of /metrics; 0 takes a free one", wholeNumber(0, 65_535), 4190)
      .option("--once", "one round, as a table"),
  ).action(async (flags: Flags) => {
    const urls = flags.edge ?? localEdges(context);
    const tokens = await tokensFor(urls.length, flags, context);
    const { home, env, cwd, clock, random } = context;
    const contracts = await loadOrExplain(readState(home.state)?.contracts ?? contractPaths([], { home, env, cwd }));
    await useBus(flags, context, async ({ nc, jetStream }) => {
      const js = jetstream(nc, jetStream);
      const publish = makePublisher({ js, contracts, tenant: DEFAULT_TENANT, clock, random });
      const round = async (): Promise<Sample[]> => {
        const samples = await Promise.all(
          urls.map((watcherUrl, i) =>
            probeEdge({
              edge: `edge-${i + 1}`,
              watcherUrl,
              subjectUrl: urls[(i + 1) % urls.length]!,
              watcher: tokens[2 * i]!,
              subject: tokens[2 * i + 1]!,
              publish,
              clock,
              random,
            }),
          ),
        );
        return samples.flat();
      };
      if (flags.once === true) context.exit(print(await round(), flags, context));
      else await forEver(round, flags, context);
    });
  });
}

async function forEver(round: () => Promise<Sample[]>, { every, port }: Flags, context: Context): Promise<void> {
  const { clock, terminal } = context;
  const metrics = createMetrics();
  const server = await startInternalServer({ port, checks: { ready: () => [] }, metrics, clock });
  terminal.out(`${server.url}/metrics`);
  const interrupts = listenForInterrupts();
  while (!interrupts.signal.aborted) {
    const nextMs = clock.monotonic() + every;
    const samples = await round();
    count(samples, metrics);
    for (const { sli, edge, why } of samples) if (why !== undefined) terminal.note(`${edge} ${sli}: ${why}`);
    const waitMs = Math.max(0, nextMs - clock.monotonic());
    await clock.sleep(waitMs, interrupts.signal).catch(() => {}); // woken by the signal
  }
  interrupts.dispose();
  await server.close();
}

export function count(samples: readonly Sample[], metrics: Metrics): void {
  for (const { sli, edge, seconds } of samples) {
    if (seconds === undefined) metrics.counter(FAILURES).inc({ sli, edge });
    else metrics.histogram(SECONDS).observe({ sli, edge }, seconds);
  }
}

function print(samples: readonly Sample[], { json }: Flags, { terminal }: Context): number {
  if (json === true) terminal.json(samples);
  else {
    const rows = samples.map(({ edge, sli, seconds, why }) => [edge, sli, why ?? `${Math.round(seconds! * 1_000)} ms`]);
    for (const line of table(["edge", "sli", "took"], rows)) terminal.out(line);
  }
  return samples.every(({ seconds }) => seconds !== undefined) ? EXIT.ok : EXIT.failed;
}

function localEdges(context: Context): string[] {
  const { components } = runningCluster(context).status;
  return components.flatMap(({ kind, url }) => (kind === "edge" && url !== undefined ? [url] : []));
}

async function tokensFor(edges: number, { edge, tokens: file }: Flags, context: Context): Promise<UserToken[]> {
  const users = Array.from({ length: 2 * edges }, (_, i) => `probe-${i + 1}`);
  if (edge === undefined) return signTokens(users, context);
  if (file === undefined) throw new CliError("--edge needs --tokens", { exitCode: EXIT.usage });
  const tokens = JSON.parse(readFileSync(resolve(context.cwd, file), "utf8")) as UserToken[];
  if (tokens.length >= users.length) return tokens;
  throw new CliError(`${users.length} tokens are needed, ${file} has ${tokens.length}`);
}
