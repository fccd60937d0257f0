/**
 * An edge is killed. Of its clients every second comes back through another edge and must not be shown leaving; the others
 * stay away and must be shown leaving, once, within the bound. Needs the door, as the edge is one of a local cluster; aimed
 * elsewhere, kill one by hand meanwhile.
 */

import { cellOf, enterAll } from "../lib/churn.ts";
import type { Client } from "../lib/client.ts";
import { breakEdge, listEdges } from "../lib/door.ts";
import { blame, guarded, metrics } from "../lib/metrics.ts";
import { endMs, scenario, story, vuNumber } from "../lib/scenario.ts";
import { edges, patience, sizesOf } from "../lib/settings.ts";
import { CORRECTNESS } from "../lib/slo.ts";
import { sleep, until } from "../lib/wait.ts";

const sizes = sizesOf("chaos", ["rampSeconds", "watched", "killSecond"]);
export const { options, setup, handleSummary } = scenario("chaos", sizes, [
  ...(["crashVisible", "back"] as const),
  ...CORRECTNESS,
  ...(["errors", "audits"] as const),
]);

/** Beyond the objective, so that what is late is measured and not only missing. */
const GONE_MS = 30_000 * patience;
const RESTART_MS = 30_000 * patience;

export default story(async ({ run }) => {
  const vu = vuNumber();
  const cell = cellOf(run, vu, sizes);
  const away: Client[] = [];
  const back: Promise<unknown>[] = [];
  let sinceMs = 0;
  cell.onClosed = (client) => {
    if (sinceMs === 0) sinceMs = Date.now();
    client.edge = edges[(edges.indexOf(client.edge) + 1) % edges.length] ?? client.edge;
    if ((away.length + back.length) % 2 === 0) {
      client.vanish();
      away.push(client);
    } else back.push(guarded("return", async () => void (await cell.comeBack(client, sinceMs))));
  };
  await enterAll(cell, sizes);
  const killMs = endMs(sizes) - (sizes.seconds - sizes.killSecond) * 1_000;
  await sleep(killMs - Date.now());
  let killed: string | undefined;
  if (vu === 1) await guarded("kill", async () => void (killed = await killOne()));

  if (await until(() => sinceMs > 0, GONE_MS)) {
    await sleep(1_000); // all its connections end alike
    const touched = [...away];
    const others = cell.present().filter((client) => client.closures === 0);
    await cell.gone(touched, others, sinceMs, metrics.crashVisible, GONE_MS);
    await Promise.all(back);
  } else blame("lost", "no edge went away");
  await cell.audit();
  if (killed !== undefined) await backAgain(killed);
  await sleep(endMs(sizes) - Date.now());
  await cell.audit();
  await cell.empty();
});

/** The last of those that were named. */
async function killOne(): Promise<string> {
  const url = edges.at(-1)?.url;
  const edge = (await listEdges()).find((one) => one.url === url);
  if (edge === undefined) throw new Error(`${url} is no edge of the local cluster`);
  await breakEdge(edge.name, "kill");
  return edge.name;
}

/** Who comes next must find the cluster whole. */
async function backAgain(name: string): Promise<void> {
  const end = Date.now() + RESTART_MS;
  while (Date.now() < end) {
    await sleep(500);
    if ((await listEdges()).some((edge) => edge.name === name && edge.ready)) return;
  }
  blame("errors", `${name} was not started again`, { event: "restart" });
}
