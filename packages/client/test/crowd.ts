/** Clients of one room on several edges, what each of them saw, and the comparison of all at the end. */

import { systemClock as runtimeClock, seededRandom } from "@rollcall/runtime";
import { waitFor } from "@rollcall/testkit";
import { expect } from "vitest";
import { type Client, createClient } from "../src/client.ts";
import { type Clock, systemClock } from "../src/clock.ts";
import { RollcallError } from "../src/errors.ts";
import { canonical, type RoomView } from "../src/fold.ts";

/** The client's waits on the scale of a cluster whose bounds are scaled down. */
const SCALE = 5;
export const scaledClock: Clock = {
  ...systemClock,
  timer: (ms, run) => systemClock.timer(ms / SCALE, run),
};

export interface CrowdOptions {
  room: string;
  users: readonly string[];
  /** Addresses of the edges that may be connected to now; each attempt takes one at random. */
  urls: () => readonly string[];
  token: (user: string) => Promise<string>;
  seed?: number;
  /** Default: the waits of a cluster with scaled bounds. */
  clock?: Clock;
}

export interface Visitor {
  readonly user: string;
  readonly client: Client;
  readonly room: ReturnType<Client["room"]>;
  /** Numbers of the history, as the handlers got them. */
  readonly heard: readonly number[];
  /** How often it was told that events of the history are lost to it. */
  missed(): number;
  /** How often it came online. */
  connects(): number;
  /** What broke a rule, in words. */
  readonly breaches: readonly string[];
}

export interface Crowd extends AsyncDisposable {
  readonly visitors: readonly Visitor[];
  live(timeoutMs?: number): Promise<void>;
  /** Random writes and words by random visitors, for a time; refusals are theirs to bear. */
  busy(forMs: number): Promise<void>;
  /** Waits until all show the same, and checks what each saw on the way. */
  converge(timeoutMs?: number): Promise<void>;
}

function visit(user: string, options: CrowdOptions, pick: (max: number) => number): Visitor {
  const heard: number[] = [];
  const breaches: string[] = [];
  const client = createClient(
    {
      url() {
        const urls = options.urls();
        return urls[pick(urls.length)] ?? "http://127.0.0.1:1";
      },
      token: () => options.token(user),
      onError(error) {
        // What passes by itself is what these tests provoke.
        if (!(error instanceof RollcallError && error.retryable)) breaches.push(String(error));
      },
    },
    { clock: options.clock ?? scaledClock },
  );
  const room = client.room(options.room, { info: { color: "red" } });
  let missed = 0;
  let connects = 0;
  let online = false;
  client.status.subscribe(() => {
    const now = client.status.get().phase === "online";
    if (now && !online) connects++;
    online = now;
  });
  let before: RoomView | undefined;
  room.on("chat:said", (_, { seq }) => {
    if (seq === undefined) return; // while presence is away there is no history
    const last = heard.at(-1);
    if (last !== undefined && seq !== last + 1 && missed === 0) breaches.push(`history ${last} -> ${seq}`);
    heard.push(seq);
  });
  room.onMissed(() => missed++);
  const look = () => {
    const view = room.view();
    if (view && before?.epoch === view.epoch) {
      // P6
      if (view.roster.version < before.roster.version) breaches.push("roster version went back");
      if (view.state.version < before.state.version) breaches.push("state version went back");
    }
    before = view;
  };
  room.members.subscribe(look);
  room.state.subscribe(look);
  room.hold();
  return { user, client, room, heard, missed: () => missed, connects: () => connects, breaches };
}

export function createCrowd(options: CrowdOptions): Crowd {
  const random = seededRandom(options.seed ?? 1);
  const visitors = options.users.map((user) => visit(user, options, random.int));
  const all = (condition: (visitor: Visitor) => boolean) => () => visitors.every(condition);
  const states = () =>
    visitors.map(({ user, room, client }) => `${user}:${client.status.get().phase}/${room.status.get()}`).join(" ");

  const crowd: Crowd = {
    visitors,
    async live(timeoutMs = 30_000) {
      await waitFor(
        all(({ room }) => room.status.get() === "live"),
        { timeoutMs, what: () => `all live: ${states()}` },
      );
    },
    async busy(forMs) {
      const endMs = runtimeClock.monotonic() + forMs;
      while (runtimeClock.monotonic() < endMs) {
        const { room } = visitors[random.int(visitors.length)]!;
        const n = random.int(100);
        const things = [
          () => room.state.set(`k${n % 7}`, n),
          () => room.state.delete(`k${n % 7}`),
          () => room.state.increment("count", 1, { offline: "wait" }),
          () => room.publish("chat:said", { text: String(n) }, { offline: "wait" }),
          async () => room.send("cursor:moved", { x: n, y: n }),
        ];
        things[random.int(things.length)]!().catch(() => {});
        await runtimeClock.sleep(5);
      }
    },
    async converge(timeoutMs = 30_000) {
      const text = ({ room }: Visitor) => JSON.stringify(room.view() && canonical(room.view()!));
      const pending = ({ room }: Visitor) => [...room.state.entries.get().values()].some((entry) => entry.pending);
      await crowd.live(timeoutMs);
      await waitFor(() => new Set(visitors.map(text)).size === 1 && !visitors.some(pending), {
        timeoutMs,
        what: () => `one view: ${states()}\n${[...new Set(visitors.map(text))].join("\n")}`,
      });
      for (const { user, breaches } of visitors) expect(breaches, user).toEqual([]);
      const users = visitors.map(({ user }) => user).sort();
      const [first] = visitors;
      expect(
        first!.room.members
          .get()
          .map((member) => member.user)
          .sort(),
      ).toEqual(users);
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(visitors.map(({ client }) => client.close()));
    },
  };
  return crowd;
}
