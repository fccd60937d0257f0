/**
 * Many clients in a process of its own: `node fleet-main.ts`, commanded by its parent (`fleet.ts`), one order at a
 * time. Events are counted by their number `"n":<n>` (one that is not the next of its client is wrong) and timed by
 * their `"at":<ms>` on the machine's monotonic clock.
 */

import { systemClock, systemRandom } from "@rollcall/runtime";
import { quantile } from "../harness/stats.ts";
import { connectClient, follow, type LoadClient, type Position } from "./load-client.ts";
import { monotonicMs } from "./monotonic.ts";
import type { Answer, Order, Tally } from "./orders.ts";

const AT_ONCE = 50;
const MAX_DELAYS = 2_000_000;
const NUMBER = Buffer.from('"n":');
const STAMP = Buffer.from('"at":');

const clients: LoadClient[] = [];
let delaysMs: number[] = [];
const tally: Tally = { events: 0, wrong: 0, closed: 0, recovered: 0, p50Ms: 0, p99Ms: 0 };

function numberAfter(data: Buffer, mark: Buffer): number | undefined {
  const at = data.indexOf(mark);
  return at < 0 ? undefined : Number.parseFloat(data.toString("latin1", at + mark.length, at + mark.length + 20));
}

function onEvent(state: { last: number }, data: Buffer): void {
  const number = numberAfter(data, NUMBER);
  if (number === undefined) return;
  tally.events++;
  if (state.last >= 0 && number !== state.last + 1) tally.wrong++;
  state.last = number;
  const stampMs = numberAfter(data, STAMP);
  if (stampMs !== undefined && delaysMs.length < MAX_DELAYS) delaysMs.push(monotonicMs() - stampMs);
}

/** In slices, so that no server sees more handshakes at once than it admits. */
async function inSlices<T>(items: readonly T[], act: (item: T) => Promise<unknown>): Promise<void> {
  for (let i = 0; i < items.length; i += AT_ONCE) await Promise.all(items.slice(i, i + AT_ONCE).map(act));
}

async function paced<T>(
  items: readonly T[],
  spreadMs: [number, number] | undefined,
  act: (item: T) => Promise<unknown>,
) {
  if (spreadMs === undefined) return inSlices(items, act);
  const [from, to] = spreadMs;
  await Promise.all(
    items.map(async (item) => {
      await systemClock.sleep(from + systemRandom.float() * (to - from));
      await act(item);
    }),
  );
}

/** Where each session stands in its rooms; outlives its connections. */
const positions = new Map<string, Position>();

async function join(client: LoadClient, session: string, room: string): Promise<void> {
  const key = `${session} ${room}`;
  const { position, answer } = await client.join(room, positions.get(key));
  positions.set(key, position);
  tally.recovered += answer.split('"n":').length - 1;
}

async function obey(order: Order): Promise<Answer> {
  switch (order.do) {
    case "connect":
      await paced(order.clients, order.spreadMs, async ({ token, session, rooms }) => {
        const state = { last: -1 };
        const client = await connectClient({
          dialect: order.dialect,
          url: order.url,
          awaitReady: order.awaitReady,
          token,
          session,
          event(data) {
            onEvent(state, data);
            follow(data, (room) => positions.get(`${session} ${room}`));
          },
          closed: () => void tally.closed++,
        });
        clients.push(client);
        for (const room of rooms) await join(client, session, room);
      });
      return { done: true };
    case "join":
      await inSlices([...clients.entries()], async ([i, client]) => {
        for (const room of order.rooms[i] ?? []) await client.join(room);
      });
      return { done: true };
    case "drop":
      for (const client of clients.splice(0)) client.drop();
      return { done: true };
    case "tally": {
      const answer = { ...tally, p50Ms: quantile(delaysMs, 0.5), p99Ms: quantile(delaysMs, 0.99) };
      if (order.reset === true) delaysMs = [];
      return { done: true, tally: answer };
    }
  }
}

process.on("message", (order: Order) => {
  obey(order).then(
    (answer) => process.send?.(answer),
    (error: unknown) => process.send?.({ done: false, message: String(error) } satisfies Answer),
  );
});
process.on("disconnect", () => process.exit());
process.send?.({ done: true } satisfies Answer);
