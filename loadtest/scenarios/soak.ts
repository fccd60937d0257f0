/** As `presence`, for hours: what leaks, drifts or fails once in a thousand rounds. */

import { Cell } from "../lib/cell.ts";
import { churn, enterAll, STEADY } from "../lib/churn.ts";
import { endMs, scenario, story, vuNumber } from "../lib/scenario.ts";
import { sizesOf } from "../lib/settings.ts";
import { CORRECTNESS } from "../lib/slo.ts";
import { vocabulary } from "../lib/vocabulary.ts";

const sizes = sizesOf("soak", ["rampSeconds", "watched", "changes", "roundMs", "lifeSeconds"]);
export const { options, setup, handleSummary } = scenario("soak", sizes, [
  ...(["connect", "join", "joinVisible", "leaveVisible", "statusVisible", "vanishVisible", "back"] as const),
  ...CORRECTNESS,
  ...(["errors", "closed", "audits"] as const),
]);

/** Rooms live and die: each life begins with nobody and must end with nobody. */
export default story(async ({ run }) => {
  const vu = vuNumber();
  for (let life = 1; Date.now() < endMs(sizes); life++) {
    const cell = new Cell({
      vu,
      clients: sizes.clients,
      room: `${vocabulary.room}load-${run}-${vu}-${life}`,
      watched: sizes.watched,
      steady: STEADY,
    });
    await enterAll(cell, sizes);
    await churn(cell, sizes, Math.min(endMs(sizes), Date.now() + sizes.lifeSeconds * 1_000));
    await cell.empty();
  }
});
