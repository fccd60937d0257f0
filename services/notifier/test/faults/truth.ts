/** What was published, and whether the end of a fault run agrees with it. */

import { userTarget } from "@rollcall/contracts";
import { messageId } from "@rollcall/contracts/internal";
import { waitFor } from "@rollcall/testkit";
import { keyOf } from "../../src/fallback/jobs.ts";
import type { Bench, Sent } from "../bench.ts";
import type { Hook } from "../hook.ts";

const FINAL = new Set(["acknowledged", "fallback", "suppressed", "dead"]);
export const USERS = Array.from({ length: 28 }, (_, n) => `u${n}`);
/** Gets what is emitted, and nothing of the mix. */
export const EMITTED = "emitted";
const BOARDS = 16;

export interface Expected {
  /** Room events by room, in the order they were published. */
  rooms: Map<string, string[]>;
  /** Durable events by mid, with their recipients. */
  durable: Map<string, string[]>;
  letters: number;
  /** Where recipients had devices: what each one's handler got, in its order. */
  shown?: ReadonlyMap<string, readonly string[]>;
}

export interface Result {
  events: number;
  recipients: number;
  states: Record<string, number>;
  lost: string[];
  /** To one device in one epoch of its inbox, or to one room: what a handler would see twice, or saw. */
  repeated: string[];
  reordered: string[];
  /** Acknowledged, and taken by the channel too, or never shown; or final otherwise than the channel says. */
  contradicted: string[];
}

export const nothingExpected = (): Expected => ({ rooms: new Map(), durable: new Map(), letters: 0 });

/** The `n`th event of the mix of room events, durable events and poison. */
export function mixed(n: number, expected: Expected): Sent {
  const id = `e-${n}`;
  const mid = messageId("main", "test", id);
  const headers = { "Nats-Msg-Id": id };
  if (n % 10 === 9) {
    expected.letters++;
    return { subject: "events.nobody", id, headers, data: {} };
  }
  if (n % 3 === 0) {
    const users = [USERS[n % USERS.length]!, USERS[(n + 1) % USERS.length]!];
    expected.durable.set(mid, users);
    return { subject: "events.urgent", id, headers, data: { users, n } };
  }
  const board = `b${n % BOARDS}`;
  expected.rooms.set(board, [...(expected.rooms.get(board) ?? []), mid]);
  return { subject: "events.cards", id, headers, data: { board, n } };
}

/** Publishes some of the mix, each until it has its PubAck. */
export async function publishMix(bench: Bench, expected: Expected, first: number, count: number): Promise<void> {
  for (let n = first; n < first + count; n++) {
    const sent = mixed(n, expected);
    await waitFor(() => bench.publish(sent).then(() => true), { timeoutMs: 120_000, what: "NATS to take an event" });
  }
}

async function statesOf(bench: Bench, mid: string): Promise<Map<string, string>> {
  const fields = await bench.redis.hgetall(`{${bench.install}:c0}:event:main:%2F:${mid}`);
  return new Map(
    Object.entries(fields).flatMap(([name, text]) =>
      name.startsWith("u:") ? [[name.slice(2), text.split("|")[0] ?? ""] as const] : [],
    ),
  );
}

/** Waits until everything is final, reads everything, and compares it with what was published. */
export async function judge(bench: Bench, expected: Expected, hook: Hook, timeoutMs: number): Promise<Result> {
  await waitFor(async () => (await bench.outstanding()) === 0, { timeoutMs, what: "every event to be taken" });
  const states = await finalStates(bench, expected, timeoutMs);
  const result: Result = {
    events: expected.letters + expected.durable.size,
    recipients: 0,
    states: {},
    lost: [],
    repeated: [],
    reordered: [],
    contradicted: [],
  };
  for (const [mid, users] of expected.durable) {
    for (const user of users) {
      const state = states.get(mid)?.get(user) ?? "missing";
      result.recipients++;
      result.states[state] = (result.states[state] ?? 0) + 1;
      const taken = hook.taken.has(keyOf({ tenant: "main", namespace: "/", user, mid }));
      if (taken !== (state === "fallback")) result.contradicted.push(`${mid} ${user} ${state}`);
    }
  }
  const log = await bench.emitted();
  judgeRooms(log, expected, result);
  judgeInboxes(log, result);
  judgeDevices(states, expected, result);
  const letters = await bench.deadLetters();
  if (new Set(letters.map((letter) => letter.header("rollcall-id"))).size !== expected.letters) {
    result.lost.push("dead letters");
  }
  return result;
}

async function finalStates(bench: Bench, expected: Expected, timeoutMs: number) {
  const states = new Map<string, Map<string, string>>();
  const isFinal = (mid: string, users: string[]) => users.every((user) => FINAL.has(states.get(mid)?.get(user) ?? ""));
  let open = [...expected.durable];
  await waitFor(
    async () => {
      for (const [mid, users] of open) {
        states.set(mid, await statesOf(bench, mid));
        if (!isFinal(mid, users)) break;
      }
      open = open.filter(([mid, users]) => !isFinal(mid, users));
      return open.length === 0;
    },
    { timeoutMs, what: () => `a final state for every recipient of ${open.length} events` },
  );
  return states;
}

type Log = Awaited<ReturnType<Bench["emitted"]>>;

function judgeRooms(log: Log, expected: Expected, result: Result): void {
  const inRooms = new Map<string, string[]>();
  for (const { event, data, mid } of log) {
    if (event !== "card:moved") continue;
    const { board } = data as { board: string };
    const got = inRooms.get(board) ?? [];
    got.push(mid);
    inRooms.set(board, got);
  }
  for (const [board, mids] of expected.rooms) {
    result.events += mids.length;
    const got = inRooms.get(board) ?? [];
    const once = new Set(got);
    result.lost.push(...mids.filter((mid) => !once.has(mid)));
    if (once.size !== got.length) result.repeated.push(board);
    if ([...once].join() !== mids.filter((mid) => once.has(mid)).join()) result.reordered.push(board);
  }
}

/** What a device acknowledged it has shown, once, in the order of its inbox. */
function judgeDevices(states: Map<string, Map<string, string>>, { durable, shown }: Expected, result: Result): void {
  const order = new Map([...durable.keys()].map((mid, n) => [mid, n]));
  for (const [user, mids] of shown ?? []) {
    const once = new Set(mids);
    if (once.size !== mids.length) result.repeated.push(`device of ${user}`);
    if (mids.some((mid, n) => n > 0 && order.get(mid)! < order.get(mids[n - 1]!)!)) {
      result.reordered.push(`device of ${user}`);
    }
    for (const [mid, of] of states) {
      if (of.get(user) === "acknowledged" && !once.has(mid)) result.contradicted.push(`${mid} ${user} never shown`);
    }
  }
}

/** In each epoch of an inbox a device sees no number twice, and rising ones where one source fills it. */
function judgeInboxes(log: Log, result: Result): void {
  const newest = new Map<string, number>();
  const seen = new Set<string>();
  for (const { meta, targets } of log) {
    if (meta.inbox === undefined) continue;
    const { epoch, seq } = meta.inbox as { epoch: string; seq: number };
    const inbox = `${targets[0]} ${epoch}`;
    if (seen.has(`${inbox} ${seq}`)) result.repeated.push(`${inbox} ${seq}`);
    else if (seq < (newest.get(inbox) ?? 0) && targets[0] !== userTarget("main", EMITTED))
      result.reordered.push(`${inbox} ${seq}`);
    seen.add(`${inbox} ${seq}`);
    newest.set(inbox, Math.max(seq, newest.get(inbox) ?? 0));
  }
}
