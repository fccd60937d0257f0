/**
 * Durable events: published over NATS, received on the user's device, acknowledged. Everybody gets everything once, and the
 * time counts from the moment of publishing.
 */

import { Client, endAll } from "../lib/client.ts";
import { publish } from "../lib/door.ts";
import { blame, guarded, metrics } from "../lib/metrics.ts";
import { endMs, scenario, story, vuNumber } from "../lib/scenario.ts";
import { identityOf, patience, sizesOf } from "../lib/settings.ts";
import { CORRECTNESS } from "../lib/slo.ts";
import { vocabulary } from "../lib/vocabulary.ts";
import { paced, sleep, until } from "../lib/wait.ts";

const sizes = sizesOf("notifications", ["rampSeconds", "perSecond"]);
export const { options, setup, handleSummary } = scenario("notifications", sizes, [
  ...(["connect", "notify"] as const),
  ...CORRECTNESS,
  ...(["errors", "closed", "notified"] as const),
]);

const SETTLE_MS = 10_000 * patience;

interface Device {
  client: Client;
  /** Tickets it was told of. */
  told: Set<string>;
  expected: Set<string>;
}

export default story(async ({ run }) => {
  const vu = vuNumber();
  const sentMs = new Map<string, number>();
  let acknowledging = 0;
  const devices = Array.from({ length: sizes.clients }, (_, i): Device => {
    const told = new Set<string>();
    const client: Client = new Client({
      ...identityOf(vu, i, sizes.clients),
      namespace: vocabulary.inbox,
      onEvent: (to, name, payload, meta) => {
        if (name !== vocabulary.assigned) return;
        const { ticket } = payload as { ticket: string };
        const since = sentMs.get(ticket);
        if (since === undefined) return; // of an earlier run, from the inbox
        if (told.has(ticket)) blame("repeats", `${ticket} twice to ${to.user}`, { ...to.tags, event: name });
        told.add(ticket);
        metrics.notify.add(Date.now() - since, { ...to.tags, event: name });
        if (meta.inbox === undefined) blame("undeclared", `${name} without its place in the inbox`, to.tags);
        else {
          acknowledging++;
          void to.ask("inbox:ack", { epoch: meta.inbox.epoch, seq: meta.inbox.seq }).then(() => acknowledging--);
        }
      },
      onClosed: (to, why) => to.closedByServer(why),
    });
    return { client, told, expected: new Set() };
  });
  await paced(devices.length, sizes.rampSeconds * 1_000, (i) =>
    guarded("connect", () => (devices[i] as Device).client.connect()),
  );

  const first = ticketsFrom(run, vu);
  const periodMs = 1_000 / sizes.perSecond;
  const inHand: Promise<void>[] = [];
  for (let n = 0, nextMs = Date.now(); nextMs < endMs(sizes); n++, nextMs += periodMs) {
    await sleep(nextMs - Date.now());
    const { client, expected } = devices[n % devices.length] as Device;
    if (!client.online) continue;
    const ticket = `T-${first + n}`;
    sentMs.set(ticket, Date.now());
    inHand.push(
      guarded("publish", async () => {
        const data = { ticket, assignee: client.user, by: "load" };
        await publish([{ event: vocabulary.assigned, data, id: `${run}-${ticket}` }]);
        expected.add(ticket);
        metrics.published.add(1);
      }),
    );
  }
  await Promise.all(inHand);
  const missing = () => devices.flatMap(({ told, expected }) => [...expected].filter((ticket) => !told.has(ticket)));
  await until(() => missing().length === 0 && acknowledging === 0, SETTLE_MS);
  for (const ticket of missing()) blame("lost", `${ticket} did not arrive`);
  await endAll(devices.map(({ client }) => client));
});

/** Numbers of up to nine digits that runs and VUs do not share: a collapsed event would be one less. */
function ticketsFrom(run: string, vu: number): number {
  const seed = Number.parseInt(run, 36) % 900;
  return seed * 1_000_000 + (vu % 100) * 10_000;
}
