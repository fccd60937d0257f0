/**
 * Who is here: connect, join, watch each other, then change all the time: leave, log out, update, another status, lose the
 * connection and return, vanish for good. After each round every roster must equal the truth.
 */

import { cellOf, churn, enterAll, STEADY } from "../lib/churn.ts";
import { endMs, scenario, story, vuNumber } from "../lib/scenario.ts";
import { sizesOf } from "../lib/settings.ts";
import { CORRECTNESS } from "../lib/slo.ts";

const sizes = sizesOf("presence", ["rampSeconds", "watched", "changes", "roundMs"]);
export const { options, setup, handleSummary } = scenario("presence", sizes, [
  ...(["connect", "join", "joinVisible", "leaveVisible", "statusVisible", "vanishVisible", "back"] as const),
  ...CORRECTNESS,
  ...(["errors", "closed", "audits"] as const),
]);

export default story(async ({ run }) => {
  const vu = vuNumber();
  const cell = cellOf(run, vu, sizes, STEADY);
  await enterAll(cell, sizes);
  await churn(cell, sizes, endMs(sizes));
  await cell.empty();
});
