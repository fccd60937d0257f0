/**
 * One round of canaries on one edge: two users, as stock clients. One enters a room that the other watches, an event is
 * published to the watcher, and the one is lost without goodbye. Each gives how long it took until the watcher knew.
 */

import type { Clock, Random } from "@rollcall/runtime";
import { io, type Socket } from "socket.io-client";
import type { Publication } from "../loadtest/door.ts";
import { ask, seen } from "../stock-client.ts";

export const SLIS = ["join-visible", "notify", "vanish"] as const;
export type Sli = (typeof SLIS)[number];

export interface Sample {
  sli: Sli;
  edge: string;
  /** undefined: it did not come to pass, see `why`. */
  seconds?: number;
  why?: string;
}

export interface Canary {
  user: string;
  token: string;
}

export interface RoundOptions {
  edge: string;
  /** Of the watcher; the subject connects to the other one, where there is one. */
  watcherUrl: string;
  subjectUrl: string;
  watcher: Canary;
  subject: Canary;
  /** Absent: notifications are not probed. */
  publish?: (publications: readonly Publication[]) => Promise<void>;
  clock: Clock;
  random: Random;
}

/** Rooms and the event of the example contracts. */
const ROOM = "doc:probe";
const NOTIFY = { namespace: "/support", event: "ticket:assigned" };
const WITHIN_MS = { connect: 15_000, "join-visible": 10_000, notify: 10_000, vanish: 30_000 };

interface Meta {
  inbox?: { epoch: string; seq: number };
}

export async function probeEdge(options: RoundOptions): Promise<Sample[]> {
  const { edge, watcherUrl, subjectUrl, watcher, subject, publish, clock, random } = options;
  const sockets: Socket[] = [];
  const connect = async (url: string, { token }: Canary, namespace = "/"): Promise<Socket> => {
    const socket = io(new URL(namespace, url).href, {
      transports: ["websocket"],
      forceNew: true,
      auth: { token, session: random.id(), client: "rollcall-probe/1" },
    });
    sockets.push(socket);
    await seen(socket, "session:ready", () => true, WITHIN_MS.connect, clock);
    // From now on a loss is a loss.
    socket.io.reconnection(false);
    return socket;
  };
  const samples: Sample[] = [];
  const measure = async (sli: Sli, watch: () => [until: Promise<unknown>, act: () => unknown]) => {
    try {
      const startMs = clock.monotonic();
      const [until, act] = watch();
      await Promise.all([until, act()]);
      samples.push({ sli, edge, seconds: (clock.monotonic() - startMs) / 1_000 });
    } catch (error) {
      samples.push({ sli, edge, why: error instanceof Error ? error.message : String(error) });
    }
  };
  const room = `${ROOM}-${edge}`;
  const roster = (socket: Socket, field: "joined" | "left", sli: Sli) =>
    seen(socket, "room:roster", (payload) => namesOf(payload, field).includes(subject.user), WITHIN_MS[sli], clock);

  try {
    const watching = await connect(watcherUrl, watcher);
    await ask(watching, "room:join", { room });
    const moving = await connect(subjectUrl, subject);
    await measure("join-visible", () => [
      roster(watching, "joined", "join-visible"),
      () => ask(moving, "room:join", { room }),
    ]);
    if (publish !== undefined) {
      const device = await connect(watcherUrl, watcher, NOTIFY.namespace);
      const ticket = `T-${random.int(1_000_000_000)}`;
      device.on(NOTIFY.event, (_payload: unknown, { inbox }: Meta) => void device.emit("inbox:ack", inbox));
      const isIt = (payload: unknown) => (payload as { ticket?: string }).ticket === ticket;
      await measure("notify", () => [
        seen(device, NOTIFY.event, isIt, WITHIN_MS.notify, clock),
        () => publish([{ event: NOTIFY.event, data: { ticket, assignee: watcher.user, by: "probe" } }]),
      ]);
    }
    await measure("vanish", () => [roster(watching, "left", "vanish"), () => moving.io.engine.close()]);
  } catch (error) {
    // What could not even begin has failed.
    const why = error instanceof Error ? error.message : String(error);
    for (const sli of SLIS) {
      if (sli === "notify" && publish === undefined) continue;
      if (!samples.some((sample) => sample.sli === sli)) samples.push({ sli, edge, why });
    }
  } finally {
    for (const socket of sockets) socket.disconnect();
  }
  return samples;
}

function namesOf(payload: unknown, field: "joined" | "left"): string[] {
  const diff = payload as { joined?: { user: string }[]; left?: string[] };
  return field === "left" ? (diff.left ?? []) : (diff.joined ?? []).map(({ user }) => user);
}
