/** A ramp of connections, kept until the end: how fast sessions are ready, and that none is closed. */

import { Client, endAll } from "../lib/client.ts";
import { guarded } from "../lib/metrics.ts";
import { endMs, scenario, story, vuNumber } from "../lib/scenario.ts";
import { identityOf, sizesOf } from "../lib/settings.ts";
import { paced, sleep } from "../lib/wait.ts";

const sizes = sizesOf("connect", ["rampSeconds"]);
export const { options, setup, handleSummary } = scenario("connect", sizes, [
  ...(["connect", "undeclared", "repeats", "errors", "closed", "unfinished"] as const),
]);

export default story(async () => {
  const vu = vuNumber();
  const clients = Array.from(
    { length: sizes.clients },
    (_, i) =>
      new Client({
        ...identityOf(vu, i, sizes.clients),
        onClosed: (client, why) => client.closedByServer(why),
      }),
  );
  await paced(clients.length, sizes.rampSeconds * 1_000, (i) =>
    guarded("connect", () => (clients[i] as Client).connect()),
  );
  await sleep(endMs(sizes) - Date.now());
  await endAll(clients);
});
