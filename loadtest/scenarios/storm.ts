/**
 * Everybody loses the connection at once and comes back: first spread as clients do, then all in the same moment. Nobody may
 * be shown leaving, and rosters go on from where they were.
 */

import { STOCK_BACKOFF } from "../lib/backoff.ts";
import { cellOf, enterAll } from "../lib/churn.ts";
import { guarded } from "../lib/metrics.ts";
import { endMs, scenario, story, vuNumber } from "../lib/scenario.ts";
import { sizesOf } from "../lib/settings.ts";
import { CORRECTNESS } from "../lib/slo.ts";
import { sleep } from "../lib/wait.ts";

const sizes = sizesOf("storm", ["rampSeconds", "watched", "pauseMs"]);
export const { options, setup, handleSummary } = scenario("storm", sizes, [
  ...(["connect", "back"] as const),
  ...CORRECTNESS,
  ...(["errors", "audits"] as const),
]);

const TOGETHER = { firstMs: 500, maxMs: 5_000, jitter: 0 };

export default story(async ({ run }) => {
  const vu = vuNumber();
  const cell = cellOf(run, vu, sizes);
  await enterAll(cell, sizes);
  for (let round = 0; Date.now() < endMs(sizes); round++) {
    for (const client of cell.clients) client.backoff = round % 2 === 0 ? STOCK_BACKOFF : TOGETHER;
    await Promise.all(cell.clients.map((client) => guarded("return", () => cell.blink(client))));
    await cell.audit();
    await sleep(sizes.pauseMs);
  }
  await cell.empty();
});
