/**
 * Clients that do what they must not, beside others that behave: each refusal has the code the protocol promises, no
 * connection is closed for it, and the others' relays stay as fast as ever. One reads nothing while megabytes are poured
 * into its room: it is left out (and told so when it reads on) or its connection closed, and it finds its place again.
 */

import { Client, endAll } from "../lib/client.ts";
import { openReader, readOn } from "../lib/door.ts";
import { blame, guarded, metrics } from "../lib/metrics.ts";
import { goesOn, scenario, story, vuNumber } from "../lib/scenario.ts";
import { identityOf, patience, sizesOf } from "../lib/settings.ts";
import { CORRECTNESS } from "../lib/slo.ts";
import { CallError } from "../lib/socket.ts";
import { vocabulary } from "../lib/vocabulary.ts";
import { beat, paced, sleep } from "../lib/wait.ts";

const sizes = sizesOf("abuse", ["rampSeconds", "abusers", "burst"]);
export const { options, setup, handleSummary } = scenario("abuse", sizes, [
  ...(["connect", "relay"] as const),
  ...CORRECTNESS,
  ...(["errors", "closed", "relayed", "refusals", "leftOut"] as const),
]);

const OVERSIZE_BYTES = 20_000;
const PAUSE_MS = 1_000;
const MOVES_PER_SECOND = 4;
/** More than the kernels hold for a connection (Linux: 4 MiB), and what an edge holds beside them. */
const POURED_BYTES = 6_000_000;
/** Each as fast as the bytes of a session allow; what a reader does not take must be too much before its pings are. */
const POURERS = 3;
const POURS_PER_SECOND = 40;
const POUR_MS = 60_000 * patience;
/** Values of a patch, and how many patches until a key is used again: diffs that wait are merged by key. */
const VALUES = 6;
const PATCHES = 6;
const VALUE_BYTES = 1_900;

export default story(async ({ run }) => {
  const vu = vuNumber();
  const room = `${vocabulary.room}load-${run}-${vu}`;
  const clients = Array.from(
    { length: sizes.clients },
    (_, i) =>
      new Client({
        ...identityOf(vu, i, sizes.clients),
        onEvent: (to, name, payload) => {
          if (name !== vocabulary.moved) return;
          metrics.relay.add(Date.now() - (payload as { x: number }).x, { ...to.tags, event: name });
        },
        onClosed: (client, why) => client.closedByServer(why),
      }),
  );
  const spare = [...clients];
  const starving = vu === 1 ? spare.splice(0, 1 + POURERS) : [];
  const abusers = spare.splice(0, sizes.abusers);
  await paced(spare.length, sizes.rampSeconds * 1_000, (i) => guarded("enter", () => enter(spare[i] as Client, room)));
  await Promise.all([
    ...abusers.map((client) => guarded("misbehave", () => misbehave(client, room))),
    ...spare.map((client) => guarded("behave", () => behave(client, room))),
    ...(starving.length === 0 ? [] : [guarded("read nothing", () => readNothing(starving, room))]),
  ]);
  await endAll(clients);
});

async function enter(client: Client, room: string): Promise<void> {
  await client.connect();
  await client.join(room);
}

async function behave(client: Client, room: string): Promise<void> {
  await beat(
    MOVES_PER_SECOND,
    () => goesOn(sizes),
    async () => {
      const answer = await client.ask(vocabulary.moved, { room, data: { x: Date.now(), y: 0 } });
      if (answer !== undefined) metrics.relayed.add(1, client.tags);
    },
  );
}

async function misbehave(client: Client, room: string): Promise<void> {
  await client.connect();
  while (goesOn(sizes)) {
    const data = { text: "x" };
    await refused(client, "PAYLOAD_TOO_LARGE", vocabulary.said, { room, data: { text: "x".repeat(OVERSIZE_BYTES) } });
    await refused(client, "EVENT_UNKNOWN", "no:such", { room, data });
    await refused(client, "PAYLOAD_INVALID", "room:join", { room: 1 });
    await refused(client, "ROOM_UNKNOWN", "room:join", { room: "nowhere:1" });
    await refused(client, "NOT_A_MEMBER", vocabulary.said, { room, data });
    const burst = Array.from({ length: sizes.burst }, () => codeOf(client, vocabulary.said, { room, data }));
    const codes = await Promise.all(burst);
    if (codes.includes("RATE_LIMITED")) metrics.refusals.add(1, client.tags);
    else blame("lost", `${sizes.burst} messages at once and no RATE_LIMITED`, client.tags);
    await sleep(PAUSE_MS);
  }
}

/** The first reads nothing, in the room of those who behave and in one into which the others pour. */
async function readNothing([slow, ...pourers]: Client[], room: string): Promise<void> {
  if (slow === undefined) return;
  const poured = `${room}-poured`;
  const { edge, token, tags } = slow;
  const reader = await openReader(edge.url, token, [room, poured]);
  await Promise.all(pourers.map((client) => enter(client, poured)));
  const bytes = POURED_BYTES / pourers.length;
  await Promise.all(pourers.map((client, i) => pour(client, poured, `${vocabulary.note}${i}`, bytes)));
  const { told, versions } = await readOn(reader);
  if (told === "nothing") blame("lost", "who read nothing was not left out", tags);
  else metrics.leftOut.add(1, { ...tags, told });
  const found = versions[poured] ?? -1;
  const known = Math.max(...pourers.map((client) => client.view(poured)?.state ?? 0));
  if (found < known) blame("mismatches", `who read nothing came back to state ${found}, not ${known}`, tags);
}

async function pour(client: Client, room: string, prefix: string, bytes: number): Promise<void> {
  const wanted = bytes / (VALUES * VALUE_BYTES);
  const giveUpMs = Date.now() + POUR_MS;
  let patches = 0;
  const going = () => patches < wanted && Date.now() < giveUpMs;
  await beat(POURS_PER_SECOND, going, async () => {
    const from = (patches % PATCHES) * VALUES;
    const value = { text: String(patches % 10).repeat(VALUE_BYTES) };
    const ops = Array.from({ length: VALUES }, (_, i) => ({ op: "set", key: `${prefix}-${from + i}`, value }));
    if ((await client.ask("state:patch", { room, ops })) !== undefined) patches++;
  });
}

async function refused(client: Client, expected: string, name: string, payload: unknown): Promise<void> {
  const code = await codeOf(client, name, payload);
  if (code === expected) metrics.refusals.add(1, { ...client.tags, code });
  else blame("mismatches", `${name} was answered ${code}, not ${expected}`, client.tags);
}

const codeOf = (client: Client, name: string, payload: unknown): Promise<string> =>
  client.call(name, payload).then(
    () => "OK",
    (error: unknown) => (error instanceof CallError ? error.code : String(error)),
  );
