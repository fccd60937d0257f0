/**
 * Joining while 1,000 writes a second go into the room: stock clients come in, leave, are cut off and come back. What each
 * of them has from its answer on, at every version it saw, is what the writes in their order make.
 */

import { loadavg } from "node:os";
import { connect } from "@nats-io/transport-node";
import { RollcallError } from "@rollcall/contracts";
import { seededRandom, systemClock } from "@rollcall/runtime";
import { ask, startCluster, type TestClient, waitFor } from "@rollcall/testkit";
import { expect, it } from "vitest";
import { Book, textOf, Witness } from "../test/witness.ts";
import type { EventTriple, Reply, StateOp, StatePage } from "./wire.ts";

const ROOM = "doc:busy";
const RUN_MS = 30_000;
const WITNESSES = 20;
const SPEAKERS = 10;
const PATCHES_PER_S = 800;
const WORDS_PER_S = 200;
/** What a writer with manners has under way. */
const MAX_UNANSWERED = 100;
const KEYS = 50;

/** Starts `act` so often, whatever it takes to be answered; resolves when all have been. */
async function paced(perSecond: number, act: (i: number) => Promise<unknown>): Promise<number> {
  const startMs = systemClock.monotonic();
  const open = new Set<Promise<unknown>>();
  let done = 0;
  for (let elapsedMs = 0; elapsedMs < RUN_MS; elapsedMs = systemClock.monotonic() - startMs) {
    for (; done < (elapsedMs * perSecond) / 1_000 && open.size < MAX_UNANSWERED; done++) {
      const acting: Promise<unknown> = act(done).finally(() => open.delete(acting));
      open.add(acting);
    }
    await systemClock.sleep(5);
  }
  await Promise.all(open);
  return done;
}

/** What is refused for now is tried again under its id: it applies once. */
async function settled<T>(attempt: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      const { retryable, retryAfterMs = 100 } = RollcallError.from(error).toWire();
      if (!retryable) throw error;
      await systemClock.sleep(retryAfterMs);
    }
  }
}

const quantile = (sorted: number[], q: number) => Math.round(sorted[Math.floor(sorted.length * q)] ?? 0);

it("[P5] [P6] [P7] [P8] whoever joins under 1,000 writes a second misses none and gets none twice", async () => {
  await using cluster = await startCluster({
    edges: 2,
    presence: 2,
    notifiers: 0,
    traces: false,
    scaled: false,
    contractsDir: new URL("../test/contracts", import.meta.url).pathname,
  });
  const random = seededRandom(1);
  const book = new Book();
  const nc = await connect({ servers: cluster.natsUrl });
  const patches = new Map<number, readonly StateOp[]>();
  const words = new Map<number, string>();
  const joinMs: number[] = [];
  let over = false;

  const user = async (i: number, name: string): Promise<TestClient> => {
    const client = await cluster.client(i % 2, { user: name }, { io: { reconnectionDelay: 50 } });
    await client.ready(30_000);
    return client;
  };
  const speakers = await Promise.all(Array.from({ length: SPEAKERS }, (_, i) => user(i, `speaker-${i}`)));
  for (const speaker of speakers) await speaker.call("room:join", { room: ROOM });

  async function patch(i: number): Promise<void> {
    const key = `k${random.int(KEYS)}`;
    // Each changes something, so that each has a version of its own.
    const ops: StateOp[] =
      i % 5 === 0
        ? [
            { op: "delete", key },
            { op: "increment", key: "count", by: 1 },
          ]
        : [{ op: "set", key, value: i }];
    const body = { namespace: "/", room: ROOM, ops, id: `patch-${i}` };
    const { version } = await settled(() => ask<{ version: number }>(nc, "room.patch", body, cluster));
    patches.set(version, ops);
  }
  async function speak(i: number): Promise<void> {
    const data = { text: String(i) };
    const say = () =>
      speakers[i % SPEAKERS]!.call<{ seq: number }>("chat:said", { room: ROOM, data }, { id: `w-${i}` });
    const { seq } = await settled(say);
    words.set(seq, JSON.stringify(data));
  }

  const witnesses = await Promise.all(
    Array.from({ length: WITNESSES }, async (_, i) => {
      const client = await user(i, `witness-${i}`);
      const witness = new Witness(ROOM, book, (name, payload, answered) => {
        const startMs = systemClock.monotonic();
        client
          .emitThen(name, payload, null, 12_000, (ack) => {
            joinMs.push(systemClock.monotonic() - startMs);
            answered(ack as Reply<unknown>);
          })
          .catch(() => answered({ ok: false, error: { code: "TIMEOUT", message: "", retryable: true } }));
      });
      client.socket.onAny((...message) => witness.receive(message as EventTriple));
      client.socket.on("disconnect", () => witness.out());
      return { client, witness };
    }),
  );
  const comings = witnesses.map(async ({ client, witness }) => {
    while (!over) {
      await witness.join(random.int(3) === 0);
      await systemClock.sleep(random.int(400));
      if (random.int(10) === 0) {
        client.dropConnection();
        await client.nextReady(30_000);
      } else {
        await witness.after(async () => {
          await client.emitThen("room:leave", { room: ROOM }, null, 12_000, () => witness.out()).catch(witness.unsure);
        });
        await systemClock.sleep(random.int(300));
      }
    }
    // A busy machine may refuse.
    for (;;) {
      await witness.join();
      if (witness.isIn) return;
      await systemClock.sleep(500);
    }
  });
  const [patched, said] = await Promise.all([paced(PATCHES_PER_S, patch), paced(WORDS_PER_S, speak)]);
  over = true;
  await Promise.all(comings);

  let page: StatePage | undefined;
  const entries: unknown[][] = [];
  do {
    page = await ask<StatePage>(nc, "room.state", { namespace: "/", room: ROOM, cursor: page?.next }, cluster);
    entries.push(...page.entries.map(({ key, value, version }) => [key, value, version]));
  } while (page.next !== undefined);
  await nc.close();
  const versions = () => witnesses.map(({ witness }) => witness.view?.state.version);
  await waitFor(() => versions().every((version) => version === page.version), {
    timeoutMs: 30_000,
    what: () => `version ${page.version} everywhere: ${versions()} ${book.breaches.slice(0, 5)}`,
  });

  // What the writes make, one after the other, at each version somebody saw.
  const state = new Map<string, unknown[]>();
  for (let version = 1; version <= page.version; version++) {
    const ops = patches.get(version);
    expect(ops, `nobody wrote version ${version}`).toBeDefined();
    for (const op of ops!) {
      if (op.op === "delete") state.delete(op.key);
      else if (op.op === "set") state.set(op.key, [op.key, op.value, version]);
      else state.set(op.key, [op.key, Number(state.get(op.key)?.[1] ?? 0) + op.by, version]);
    }
    const seen = book.state.get(version);
    if (seen !== undefined) expect(seen, `state ${version}`).toBe(textOf([...state.values()]));
  }
  expect(textOf(entries)).toBe(textOf([...state.values()]));
  for (const [seq, text] of book.history) expect(text, `word ${seq}`).toBe(words.get(seq));
  expect(book.breaches).toEqual([]);

  const sum = (of: keyof Witness["counts"]) => witnesses.reduce((all, { witness }) => all + witness.counts[of], 0);
  joinMs.sort((a, b) => a - b);
  console.log(
    JSON.stringify({
      writesPerS: Math.round((patched + said) / (RUN_MS / 1_000)),
      joins: sum("joins"),
      withDelta: sum("deltas"),
      pages: sum("pages"),
      refused: sum("refused"),
      joinMs: { p50: quantile(joinMs, 0.5), p99: quantile(joinMs, 0.99) },
      messages: sum("messages"),
      alreadyKnown: sum("known"),
      resyncs: sum("resyncs"),
      statesCompared: book.state.size,
      rostersCompared: book.roster.size,
      wordsCompared: book.history.size,
      load: loadavg()[0],
    }),
  );
}, 300_000);
