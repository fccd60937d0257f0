/** What was published, and whether the end of a fault run agrees with it. */

import { waitFor } from "@rollcall/testkit";
import { messageId } from "../src/routing/identity.ts";
import type { Bench, Sent } from "./bench.ts";

const FINAL = new Set(["acknowledged", "fallback", "suppressed", "dead"]);

export interface Expected {
  /** Room events by room, in the order they were published. */
  rooms: Map<string, string[]>;
  /** Durable events by mid, with their recipients. */
  durable: Map<string, string[]>;
  letters: number;
}

export interface Result {
  events: number;
  recipients: number;
  states: Record<string, number>;
  lost: string[];
  repeated: string[];
  reordered: string[];
}

/** Publishes a mix of room events, durable events and poison, numbered from `first`. */
export async function publishMix(bench: Bench, expected: Expected, first: number, count: number): Promise<void> {
  for (let n = first; n < first + count; n++) {
    const sent = mixed(n, expected);
    await waitFor(() => bench.publish(sent).then(() => true), { timeoutMs: 30_000, what: "NATS to take an event" });
  }
}

function mixed(n: number, expected: Expected): Sent {
  const id = `e-${n}`;
  const mid = messageId("main", "test", id);
  if (n % 10 === 9) {
    expected.letters++;
    return { subject: "events.nobody", id, data: {} };
  }
  if (n % 3 === 0) {
    const users = [`u${n % 7}`, `u${(n + 1) % 7}`];
    expected.durable.set(mid, users);
    return { subject: "events.urgent", id, data: { users, n } };
  }
  const board = `b${n % 4}`;
  expected.rooms.set(board, [...(expected.rooms.get(board) ?? []), mid]);
  return { subject: "events.cards", id, data: { board, n } };
}

export const nothingExpected = (): Expected => ({ rooms: new Map(), durable: new Map(), letters: 0 });

async function statesOf(bench: Bench, mid: string): Promise<Map<string, string>> {
  const fields = await bench.redis.hgetall(`{${bench.install}:c0}:event:main:%2F:${mid}`);
  return new Map(
    Object.entries(fields).flatMap(([name, text]) =>
      name.startsWith("u:") ? [[name.slice(2), text.split("|")[0] ?? ""] as const] : [],
    ),
  );
}

/** Waits until everything is final, reads everything, and compares it with what was published. */
export async function judge(bench: Bench, expected: Expected, timeoutMs: number): Promise<Result> {
  const states = new Map<string, Map<string, string>>();
  await waitFor(async () => (await bench.outstanding()) === 0, { timeoutMs, what: "every event to be taken" });
  await waitFor(
    async () => {
      for (const [mid, users] of expected.durable) {
        const known = states.get(mid);
        if (known !== undefined && users.every((user) => FINAL.has(known.get(user) ?? ""))) continue;
        const found = await statesOf(bench, mid);
        states.set(mid, found);
        if (!users.every((user) => FINAL.has(found.get(user) ?? ""))) return false;
      }
      return true;
    },
    { timeoutMs, what: "every recipient to have a final state" },
  );

  const result: Result = { events: 0, recipients: 0, states: {}, lost: [], repeated: [], reordered: [] };
  for (const [mid, users] of expected.durable) {
    result.events++;
    for (const user of users) {
      result.recipients++;
      const state = states.get(mid)?.get(user) ?? "missing";
      result.states[state] = (result.states[state] ?? 0) + 1;
    }
  }
  const inRooms = new Map<string, string[]>();
  for (const { event, data, mid } of await bench.emitted()) {
    if (event !== "card:moved") continue;
    const { board } = data as { board: string };
    inRooms.set(board, [...(inRooms.get(board) ?? []), mid]);
  }
  for (const [board, mids] of expected.rooms) {
    result.events += mids.length;
    const got = inRooms.get(board) ?? [];
    const once = [...new Set(got)];
    result.lost.push(...mids.filter((mid) => !got.includes(mid)));
    if (once.length !== got.length) result.repeated.push(board);
    if (once.join() !== mids.filter((mid) => got.includes(mid)).join()) result.reordered.push(board);
  }
  const letters = await bench.deadLetters();
  result.events += expected.letters;
  if (new Set(letters.map((letter) => letter.header("rollcall-id"))).size !== expected.letters)
    result.lost.push("letters");
  return result;
}
