/** Stock clients on one edge: connected, joined, and handing over every event that arrives. */

import type { Clock, Random } from "@rollcall/runtime";
import { io, type Socket } from "socket.io-client";
import { CliError } from "../context.ts";
import type { Listener } from "./plan.ts";

export interface Edge {
  name: string;
  url: string;
}

export interface ListenOptions {
  clock: Clock;
  random: Random;
  tokenFor(listener: Listener): Promise<string>;
  onEvent(metaId: string, edge: string): void;
}

const READY_MS = 10_000;
const JOIN_MS = 5_000;

type JoinAck = { ok: true } | { ok: false; error: { code: string } };

/** Resolves when this client hears all it has to. Its rooms are joined again whenever it comes back. */
export async function listen(edge: Edge, listener: Listener, options: ListenOptions): Promise<Socket> {
  const { clock, random, tokenFor, onEvent } = options;
  const socket = io(new URL(listener.namespace, edge.url).href, {
    transports: ["websocket"],
    forceNew: true,
    auth: { token: await tokenFor(listener), session: random.id(), client: "rollcall-demo/1" },
  });
  const { promise: ready, resolve, reject } = Promise.withResolvers<void>();
  socket.onAny((_name: string, _payload: unknown, meta?: { id?: unknown }) => {
    if (typeof meta?.id === "string") onEvent(meta.id, edge.name);
  });
  socket.on("connect_error", ({ message }) => {
    if (!socket.active) reject(new CliError(`${edge.name} refuses a client: ${message}`));
  });
  socket.on("session:ready", () => {
    joinAll(socket, listener.rooms).then(resolve, reject);
  });
  const alarm = clock.setTimer(READY_MS, () => reject(new CliError(`${edge.name} does not answer at ${edge.url}`)));
  try {
    await ready;
    return socket;
  } catch (error) {
    socket.disconnect();
    throw error;
  } finally {
    alarm.cancel();
  }
}

async function joinAll(socket: Socket, rooms: readonly string[]): Promise<void> {
  for (const room of rooms) {
    const ack = (await socket.timeout(JOIN_MS).emitWithAck("room:join", { room })) as JoinAck;
    if (!ack.ok) throw new CliError(`a client could not join ${room}: ${ack.error.code}`);
  }
}
