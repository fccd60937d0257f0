/**
 * A client that stops reading, for the scenario `abuse`: k6 takes whatever comes, so it cannot be one. It enters its rooms,
 * takes nothing from its connection until it is told to read on, and then says what it was told and where it is.
 */

import type { Socket as TcpSocket } from "node:net";
import type { Clock, Random } from "@rollcall/runtime";
import { io, type Socket } from "socket.io-client";
import { ask, seen } from "../stock-client.ts";

export interface ReaderTarget {
  url: string;
  token: string;
  rooms: readonly string[];
}

export interface ReadOn {
  /** `resync`: to join again, as some was left out for it; `closed`: the connection was; `nothing`: it got everything. */
  told: "resync" | "closed" | "nothing";
  /** By room: the version of its state after joining again. */
  versions: Record<string, number>;
}

export interface SlowReader {
  readOn(): Promise<ReadOn>;
  close(): void;
}

const READY_MS = 15_000;
/** What the kernels hold comes first; then the edge notices that the reader is back. */
const TOLD_MS = 15_000;

export async function openSlowReader(
  { url, token, rooms }: ReaderTarget,
  { clock, random }: { clock: Clock; random: Random },
): Promise<SlowReader> {
  const socket = io(url, {
    transports: ["websocket"],
    forceNew: true,
    // Once closed it stays so: reading on begins with a new connection.
    reconnection: false,
    auth: { token, session: random.id(), client: "rollcall-slow-reader/1" },
  });
  const told = (name: string, withinMs: number) => seen(socket, name, () => true, withinMs, clock);
  try {
    await told("session:ready", READY_MS);
    await versionsOf(socket, rooms);
  } catch (error) {
    socket.disconnect();
    throw error;
  }
  let closed = false;
  const end = new Promise<ReadOn["told"]>((resolve) => {
    socket.once("disconnect", () => {
      closed = true;
      resolve("closed");
    });
  });
  tcpOf(socket).pause();
  return {
    readOn: async () => {
      let news: ReadOn["told"] = "closed";
      if (!closed) {
        const resync = told("room:resync", TOLD_MS).then((): ReadOn["told"] => "resync");
        tcpOf(socket).resume();
        news = await Promise.race([resync.catch((): ReadOn["told"] => "nothing"), end]);
      }
      if (closed) {
        const ready = told("session:ready", READY_MS);
        socket.connect();
        await ready;
      }
      return { told: news, versions: await versionsOf(socket, rooms) };
    },
    close: () => void socket.disconnect(),
  };
}

async function versionsOf(socket: Socket, rooms: readonly string[]): Promise<Record<string, number>> {
  const versions: Record<string, number> = {};
  for (const room of rooms) {
    const { state } = await ask<{ state: { version: number } }>(socket, "room:join", { room });
    versions[room] = state.version;
  }
  return versions;
}

/** Under a stock client in Node. */
const tcpOf = (socket: Socket): TcpSocket =>
  (socket.io.engine.transport as unknown as { ws: { _socket: TcpSocket } }).ws._socket;
