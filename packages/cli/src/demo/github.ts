/** The demo as a whole: listen on every edge, publish, wait until all is accounted for, say what happened. */

import { createRequire } from "node:module";
import { DEFAULT_TENANT, LIMITS } from "@rollcall/contracts";
import type { Socket } from "socket.io-client";
import { useBus } from "../bus/connect.ts";
import { allCapabilities } from "../capabilities.ts";
import { loadOrExplain } from "../cluster/contract-paths.ts";
import { runningCluster } from "../cluster/running.ts";
import { CliError, type Context } from "../context.ts";
import { tokenSigner } from "../dev-keys.ts";
import { listenForInterrupts } from "../interrupt.ts";
import { startCliTelemetry } from "../telemetry.ts";
import { followDeadLetters } from "./dead-letters.ts";
import { type Edge, listen } from "./listen.ts";
import { type Family, type Listener, planListeners, planPublications } from "./plan.ts";
import { publishAll } from "./publisher.ts";
import { type Summary, Tally } from "./tally.ts";

export interface DemoOptions {
  perSecond: number;
  count?: number | undefined;
}

export type DemoResult = Summary & { contracts: string; traceOfSlowest?: string };

const TOKEN_TTL_MS = 3_600_000;
const PROGRESS_MS = 1_000;
const POLL_MS = 50;
/** After the last publication: how long the slowest may take, counted anew whenever one more is accounted for. */
const SETTLE_MS = 10_000;

export function githubFamilies(): Family[] {
  return createRequire(import.meta.url)("@octokit/webhooks-examples/api.github.com/index.json") as Family[];
}

export async function runGithubDemo({ perSecond, count }: DemoOptions, context: Context): Promise<DemoResult> {
  const { clock, random, terminal, home } = context;
  const state = runningCluster(context);
  const { install, natsUrl, components } = state.status;
  const edges = components.flatMap(({ kind, name, url }): Edge[] =>
    kind === "edge" && url !== undefined ? [{ name, url }] : [],
  );
  if (edges.length === 0) throw new CliError("no edge runs in this folder");

  const contracts = await loadOrExplain(state.contracts);
  const run = `demo-${random.id(8)}`;
  const publications = planPublications(contracts, githubFamilies(), { run, count });
  const listeners = planListeners(publications, LIMITS.roomsPerSession);
  const tally = new Tally(
    publications,
    edges.map(({ name }) => name),
  );
  const traces = new Map<string, string>();
  let lastChangeMs = clock.monotonic();
  const changed = (isNew: boolean) => {
    if (isNew) lastChangeMs = clock.monotonic();
  };

  const sign = await tokenSigner(home);
  const tokenFor = ({ user, namespace }: Listener) =>
    sign({
      user: user ?? `${run}-${random.id(8)}`,
      namespaces: [namespace],
      capabilities: allCapabilities(contracts.operations),
      issuedAtMs: clock.now(),
      ttlMs: TOKEN_TTL_MS,
      ...(state.issuer === undefined ? {} : { issuer: state.issuer }),
      ...(state.audience === undefined ? {} : { audience: state.audience }),
    });
  const telemetry = await startCliTelemetry(state.otlpEndpoint, clock);
  const interrupts = listenForInterrupts();
  const sockets: Socket[] = [];
  try {
    await useBus({ nats: natsUrl, install, tenant: DEFAULT_TENANT }, context, async ({ nc }) => {
      const letters = await followDeadLetters(nc, {
        install,
        onLetter: (id, reason) => changed(tally.dead(id, reason)),
      });
      const onEvent = (mid: string, edge: string) => changed(tally.arrived(mid, edge, clock.monotonic()));
      const pairs = edges.flatMap((edge) => listeners.map((listener) => ({ edge, listener })));
      await Promise.all(
        pairs.map(async ({ edge, listener }) =>
          sockets.push(await listen(edge, listener, { clock, random, tokenFor, onEvent })),
        ),
      );
      const rooms = listeners.reduce((sum, listener) => sum + listener.rooms.length, 0);
      terminal.note(`${sockets.length} clients on ${edges.length} edges listen to ${rooms} rooms`);

      let sent = 0;
      const progress = clock.setRepeating(PROGRESS_MS, () =>
        terminal.note(`published ${sent} of ${publications.length}, ${publications.length - tally.open} accounted for`),
      );
      try {
        await publishAll(nc, publications, {
          clock,
          perSecond,
          signal: interrupts.signal,
          onPublish: ({ id }, traceId) => {
            sent++;
            traces.set(id, traceId);
            tally.published(id, clock.monotonic());
            changed(true);
          },
        });
        const waiting = () => tally.open > publications.length - sent && clock.monotonic() - lastChangeMs < SETTLE_MS;
        while (waiting() && !interrupts.signal.aborted) await clock.sleep(POLL_MS);
      } finally {
        progress.cancel();
        await letters.stop();
      }
    });
  } finally {
    for (const socket of sockets) socket.disconnect();
    interrupts.dispose();
    await telemetry.shutdown();
  }
  const summary = tally.summary();
  const traceOfSlowest = summary.slowest === undefined ? undefined : traces.get(summary.slowest.id);
  return { contracts: contracts.hash, ...summary, ...(traceOfSlowest === undefined ? {} : { traceOfSlowest }) };
}
