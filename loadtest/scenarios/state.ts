/**
 * Room state: everybody increases one counter by compare-and-set, and moves a cursor of its own. No increase may be lost,
 * every cursor goes with its session, and in the end everybody's state equals the server's.
 */

import type { Entry, StateDiff } from "@rollcall/client";
import { Client, endAll } from "../lib/client.ts";
import { Expectations } from "../lib/expectations.ts";
import { blame, guarded, metrics } from "../lib/metrics.ts";
import { goesOn, scenario, story, vuNumber } from "../lib/scenario.ts";
import { identityOf, patience, sizesOf } from "../lib/settings.ts";
import { CORRECTNESS } from "../lib/slo.ts";
import { CallError } from "../lib/socket.ts";
import { vocabulary } from "../lib/vocabulary.ts";
import { beat, paced, until } from "../lib/wait.ts";

const sizes = sizesOf("state", ["rampSeconds", "patchesPerSecond"]);
export const { options, setup, handleSummary } = scenario("state", sizes, [
  ...(["connect", "join", "state"] as const),
  ...CORRECTNESS,
  ...(["errors", "closed", "audits"] as const),
]);

const COUNTER = `${vocabulary.note}counter`;
const EQUAL_MS = 2_000 * patience;
const SEEN_MS = 5_000 * patience;

export default story(async ({ run }) => {
  const vu = vuNumber();
  const room = `${vocabulary.room}load-${run}-${vu}`;
  const expectations = new Expectations<Client>();
  const clients = Array.from(
    { length: sizes.clients },
    (_, i) =>
      new Client({
        ...identityOf(vu, i, sizes.clients),
        onEvent: (client, name, payload) => {
          if (name !== "room:state") return;
          const { set = [] } = payload as StateDiff;
          for (const { key, value } of set) expectations.seen(seenKey(key, value), client, Date.now());
        },
        onClosed: (client, why) => client.closedByServer(why),
      }),
  );
  await paced(clients.length, sizes.rampSeconds * 1_000, (i) =>
    guarded("enter", async () => {
      await (clients[i] as Client).connect();
      await (clients[i] as Client).join(room);
    }),
  );

  let increases = 0;
  await Promise.all(
    clients.map((client, i) =>
      beat(
        sizes.patchesPerSecond,
        () => goesOn(sizes),
        () =>
          guarded("patch", async () => {
            if (i % 2 === 0) {
              if (await increase(client, room)) increases++;
            } else await point(client, room, clients, expectations);
          }),
      ),
    ),
  );
  await audit(clients, room, increases);

  // A cursor is bound to its session: it goes when that leaves.
  const [reader, ...others] = clients;
  for (const client of others) client.logout();
  const cursors = () => [...((reader as Client).view(room)?.entries.keys() ?? [])].filter(isCursor);
  await until(() => cursors().length === 0, SEEN_MS);
  if (cursors().length > 0) blame("mismatches", `${cursors().length} cursors outlived their sessions`);
  await endAll(clients);
});

/** false: somebody was faster. */
async function increase(client: Client, room: string): Promise<boolean> {
  const known = client.view(room)?.entries.get(COUNTER);
  const value = { text: String(countOf(known) + 1) };
  const condition = known === undefined ? { absent: true } : { version: known.version };
  try {
    await client.call("state:patch", { room, ops: [{ op: "set", key: COUNTER, value, if: condition }] });
    return true;
  } catch (error) {
    if (!(error instanceof CallError && error.code === "CONFLICT")) throw error;
    metrics.conflicts.add(1, client.tags);
    return false;
  }
}

async function point(client: Client, room: string, all: readonly Client[], expectations: Expectations<Client>) {
  const key = `${vocabulary.cursor}${client.user}`;
  const value = { x: Date.now(), y: Math.random() };
  const others = all.filter((other) => other !== client && other.online);
  const expected = expectations.expect(seenKey(key, value), Date.now(), others, (ms, observer) =>
    metrics.state.add(ms, observer.tags),
  );
  await client.call("state:patch", { room, ops: [{ op: "set", key, value }] });
  await until(() => expected.settled, SEEN_MS);
  for (const { tags } of expected.close()) blame("lost", `a cursor of ${client.user} unseen`, tags);
}

async function audit(clients: readonly Client[], room: string, increases: number): Promise<void> {
  const [reader] = clients;
  const answer = await reader?.ask<{ entries: Entry[] }>("state:get", { room });
  const truth = textOf(answer?.entries ?? []);
  const wrong = () => clients.filter((client) => textOf([...(client.view(room)?.entries.values() ?? [])]) !== truth);
  await until(() => wrong().length === 0, EQUAL_MS);
  metrics.audits.add(1);
  for (const client of wrong()) blame("mismatches", `the state of ${client.user} is not the server's`, client.tags);
  const counted = countOf(answer?.entries.find(({ key }) => key === COUNTER));
  if (counted !== increases) blame("mismatches", `${increases} increases were accepted, the counter says ${counted}`);
}

const seenKey = (key: string, value: unknown): string => `${key} ${JSON.stringify(value)}`;
const isCursor = (key: string): boolean => key.startsWith(vocabulary.cursor);
const countOf = (entry: Entry | undefined): number =>
  Number((entry?.value as { text?: string } | undefined)?.text ?? 0);

function textOf(entries: readonly Entry[]): string {
  const sorted = [...entries].sort((a, b) => (a.key < b.key ? -1 : 1));
  return JSON.stringify(sorted.map(({ key, value, version }) => [key, value, version]));
}
