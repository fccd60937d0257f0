/** A model edge, clients on it, and the time they share. */

import { type Client, type ClientOptions, createClient } from "../src/client.ts";
import type { RoomOptions } from "../src/room-api.ts";
import { type MemoryNet, memoryNet } from "./memory-net.ts";
import { ModelEdge } from "./model-edge.ts";
import { type TestClock, testClock } from "./test-clock.ts";

export interface World {
  readonly clock: TestClock;
  readonly edge: ModelEdge;
  readonly net: MemoryNet;
  /** What reached `onError` of any client. */
  readonly errors: unknown[];
  client(user: string, options?: Partial<ClientOptions>): Client;
}

export function world(seed: number | string = 1, latencyMs?: (clock: TestClock) => number): World {
  const clock = testClock(seed);
  const edge = new ModelEdge(() => Date.UTC(2026, 0, 1) + clock.now());
  const net = memoryNet(edge, clock, latencyMs && (() => latencyMs(clock)));
  const errors: unknown[] = [];
  return {
    clock,
    edge,
    net,
    errors,
    client: (user, options) =>
      createClient(
        { url: "memory:", token: () => user, onError: (error) => errors.push(error), ...options },
        { clock, open: net.open },
      ),
  };
}

/** Collects what a promise comes to, without waiting for it. */
export function outcome<T>(promise: Promise<T>): { value?: T; error?: unknown; settled: boolean } {
  const result: { value?: T; error?: unknown; settled: boolean } = { settled: false };
  promise.then(
    (value) => Object.assign(result, { value, settled: true }),
    (error) => Object.assign(result, { error, settled: true }),
  );
  return result;
}

/** A client that is online and in a room. */
export async function joined(w: World, user = "ann", options: RoomOptions = {}, id = "doc:1") {
  const client = w.client(user);
  const room = client.room(id, options);
  await Promise.all([room.join(), w.clock.until(() => room.status.get() === "live", `${user} is in ${id}`)]);
  return { client, room };
}

export const users = (room: ReturnType<Client["room"]>) => room.members.get().map(({ user }) => user);
