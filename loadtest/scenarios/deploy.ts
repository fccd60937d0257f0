/**
 * A rolling restart: each edge in turn is told to stop, drains its clients, and is started again. Everybody comes back
 * through another edge in time; nobody is shown leaving, and what was said meanwhile is in everybody's history.
 */

import type { Cell } from "../lib/cell.ts";
import { cellOf, enterAll } from "../lib/churn.ts";
import type { Client } from "../lib/client.ts";
import { breakEdge, type EdgeProcess, listEdges } from "../lib/door.ts";
import { blame, guarded, metrics } from "../lib/metrics.ts";
import { pick } from "../lib/random.ts";
import { endMs, scenario, story, vuNumber } from "../lib/scenario.ts";
import { edges, patience, sizesOf } from "../lib/settings.ts";
import { CORRECTNESS } from "../lib/slo.ts";
import { vocabulary } from "../lib/vocabulary.ts";
import { sleep } from "../lib/wait.ts";

const sizes = sizesOf("deploy", ["rampSeconds", "watched", "sayMs"]);
export const { options, setup, handleSummary } = scenario("deploy", sizes, [
  ...(["back"] as const),
  ...CORRECTNESS,
  ...(["errors", "relayed", "audits"] as const),
]);

const RESTART_MS = 45_000 * patience;

export default story(async ({ run }) => {
  const vu = vuNumber();
  const cell = cellOf(run, vu, sizes);
  const back = new Set<Promise<unknown>>();
  cell.onClosed = (client) => {
    const sinceMs = Date.now();
    // As a load balancer does: not to the one that goes.
    client.edge = edges[(edges.indexOf(client.edge) + 1) % edges.length] ?? client.edge;
    const returned: Promise<unknown> = guarded("return", async () => void (await cell.comeBack(client, sinceMs)));
    back.add(returned);
  };
  await enterAll(cell, sizes);
  const rolled = vu === 1 ? guarded("deploy", rollAll) : Promise.resolve();
  let rolling = true;
  void rolled.then(() => {
    rolling = false;
  });
  while (Date.now() < endMs(sizes) || rolling) {
    await say(cell);
    await sleep(sizes.sayMs);
  }
  await Promise.all(back);
  await cell.audit();
  const heard = new Set(cell.present().map((client) => client.view(cell.room)?.history));
  if (heard.size > 1) blame("mismatches", `histories end at ${[...heard].join(", ")}`);
  await cell.empty();
});

/** A connection that closes before the ack is no error: it may or may not have been said. */
async function say(cell: Cell): Promise<void> {
  const [client] = pick(cell.present(), 1) as [Client | undefined];
  try {
    await client?.call(vocabulary.said, { room: cell.room, data: { text: String(Date.now()) } });
    if (client !== undefined) metrics.relayed.add(1, client.tags);
  } catch (error) {
    if (client?.isIn(cell.room) === true) blame("errors", `${vocabulary.said}: ${String(error)}`, client.tags);
  }
}

async function rollAll(): Promise<void> {
  for (const before of await listEdges()) {
    await breakEdge(before.name, "stop");
    const end = Date.now() + RESTART_MS;
    const replaced = (now: EdgeProcess) => now.name === before.name && now.pid !== before.pid && now.ready;
    while (!(await listEdges()).some(replaced)) {
      if (Date.now() > end) throw new Error(`${before.name} was not started again`);
      await sleep(500);
    }
  }
}
