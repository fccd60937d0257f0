/**
 * One room, many rooms. The first VU puts all its clients into one room; every other spreads its own over several. Everybody
 * speaks (with history: each event has a number) and moves (volatile: only the newest counts). In the end everybody must have
 * got everything that was acknowledged, once.
 */

import type { Meta } from "@rollcall/client";
import { Client, endAll } from "../lib/client.ts";
import { blame, guarded, metrics } from "../lib/metrics.ts";
import { goesOn, scenario, story, vuNumber } from "../lib/scenario.ts";
import { identityOf, patience, sizesOf } from "../lib/settings.ts";
import { CORRECTNESS } from "../lib/slo.ts";
import { declared, vocabulary } from "../lib/vocabulary.ts";
import { beat, paced, until } from "../lib/wait.ts";

const sizes = sizesOf("fanout", ["rampSeconds", "rooms", "perSecond", "movesPerSecond"]);
export const { options, setup, handleSummary } = scenario("fanout", sizes, [
  ...(["connect", "join", "relay"] as const),
  ...CORRECTNESS,
  ...(["errors", "closed", "relayed"] as const),
]);

const SETTLE_MS = 5_000 * patience;

interface Speaker {
  client: Client;
  room: string;
  /** Ids of what was said in the room and reached it. */
  heard: Set<string>;
}

export default story(async ({ run }) => {
  const vu = vuNumber();
  const one = vu === 1;
  const rooms = one ? 1 : sizes.rooms;
  /** By room: ids of what was acknowledged. */
  const said = new Map<string, Set<string>>();
  const speakers = Array.from({ length: sizes.clients }, (_, i): Speaker => {
    const room = `${vocabulary.room}load-${run}-${vu}-${i % rooms}`;
    said.set(room, new Set());
    const heard = new Set<string>();
    const client = new Client({
      ...identityOf(vu, i, sizes.clients),
      onEvent: (to, name, payload, meta) => {
        if (declared.has(name)) hear(to, heard, name, payload, meta, one);
      },
      onClosed: (to, why) => to.closedByServer(why),
    });
    return { client, room, heard };
  });
  await paced(speakers.length, sizes.rampSeconds * 1_000, (i) =>
    guarded("enter", async () => {
      const { client, room } = speakers[i] as Speaker;
      await client.connect();
      await client.join(room);
    }),
  );
  // Who joins later has not heard what was said before.
  await Promise.all([
    ...speakers.map((speaker) => guarded("speak", () => speak(speaker, said.get(speaker.room) as Set<string>))),
    ...speakers.map((speaker) => guarded("move", () => move(speaker))),
  ]);

  const missing = () =>
    speakers.flatMap(({ client, room, heard }) =>
      [...(said.get(room) as Set<string>)].filter((id) => !heard.has(id)).map(() => client),
    );
  await until(() => missing().length === 0, SETTLE_MS);
  for (const client of missing()) blame("lost", `${client.user} did not get what was acknowledged`, client.tags);
  await endAll(speakers.map(({ client }) => client));
});

function hear(client: Client, heard: Set<string>, name: string, payload: unknown, meta: Meta, one: boolean): void {
  const { text, x } = payload as { text?: string; x?: number };
  const sentMs = name === vocabulary.said ? Number(text) : (x ?? Number.NaN);
  metrics.relay.add(Date.now() - sentMs, { ...client.tags, event: name, rooms: one ? "one" : "many" });
  if (name === vocabulary.said) heard.add(meta.id);
}

async function speak({ client, room }: Speaker, said: Set<string>): Promise<void> {
  await beat(
    sizes.perSecond,
    () => goesOn(sizes),
    async () => {
      const data = { text: String(Date.now()) };
      const answer = await client.ask<{ id: string }>(vocabulary.said, { room, data });
      if (answer === undefined) return;
      said.add(answer.id);
      metrics.relayed.add(1, { ...client.tags, event: vocabulary.said });
    },
  );
}

async function move({ client, room }: Speaker): Promise<void> {
  await beat(
    sizes.movesPerSecond,
    () => goesOn(sizes),
    async () => {
      const data = { x: Date.now(), y: 0 };
      const answer = await client.ask(vocabulary.moved, { room, data });
      if (answer !== undefined) metrics.relayed.add(1, { ...client.tags, event: vocabulary.moved });
    },
  );
}
