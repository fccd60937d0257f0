/**
 * Clients that do what they must not, beside others that behave: each refusal has the code the protocol promises, no
 * connection is closed for it, and the others' relays stay as fast as ever.
 */

import { Client, endAll } from "../lib/client.ts";
import { blame, guarded, metrics } from "../lib/metrics.ts";
import { endMs, type Run, scenario, vuNumber } from "../lib/scenario.ts";
import { identityOf, sizesOf } from "../lib/settings.ts";
import { CORRECTNESS } from "../lib/slo.ts";
import { CallError } from "../lib/socket.ts";
import { vocabulary } from "../lib/vocabulary.ts";
import { paced, sleep } from "../lib/wait.ts";

const sizes = sizesOf("abuse", ["rampSeconds", "abusers", "burst"]);
export const { options, setup, handleSummary } = scenario("abuse", sizes, [
  ...(["connect", "relay"] as const),
  ...CORRECTNESS,
  ...(["errors", "closed", "relayed", "refusals"] as const),
]);

const OVERSIZE_BYTES = 20_000;
const PAUSE_MS = 1_000;

export default async function abuse({ run }: Run): Promise<void> {
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
  await paced(clients.length, sizes.rampSeconds * 1_000, (i) =>
    guarded("enter", async () => {
      const client = clients[i] as Client;
      await client.connect();
      if (i >= sizes.abusers) await client.join(room);
    }),
  );
  await Promise.all(
    clients.map((client, i) =>
      guarded("act", () => (i < sizes.abusers ? misbehave(client, room) : behave(client, room))),
    ),
  );
  await endAll(clients);
}

async function behave(client: Client, room: string): Promise<void> {
  while (Date.now() < endMs(sizes)) {
    await sleep(200 + Math.random() * 100);
    const answer = await client.ask(vocabulary.moved, { room, data: { x: Date.now(), y: 0 } });
    if (answer !== undefined) metrics.relayed.add(1, client.tags);
  }
}

async function misbehave(client: Client, room: string): Promise<void> {
  while (Date.now() < endMs(sizes)) {
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
