/**
 * A device that keeps up with its user's inbox by the rules of the wire contract, over connections that last a moment:
 * a stock client, whose handler writes down what it was shown.
 */

import type { EventTriple, InboxPage, InboxState, Meta, RollcallError } from "@rollcall/contracts";
import type { InboxRequest } from "@rollcall/contracts/internal";
import { request, systemClock } from "@rollcall/runtime";
import { client, type TestClient } from "@rollcall/testkit";
import type { Bench } from "../bench.ts";

export interface Device {
  /** Mids, in the order in which its handler got them. */
  readonly shown: readonly string[];
  /** One connection, and its end after `ms`: said goodbye, or lost without a word. */
  connect(ms: number, goodbye: boolean): Promise<void>;
}

export function makeDevice(edgeUrl: string, token: string, event: string): Device {
  const shown: string[] = [];
  let have: { epoch: string; seq: number } | undefined;

  function show(meta: Meta): void {
    const { epoch, seq } = meta.inbox!;
    if (have !== undefined && epoch === have.epoch && seq <= have.seq) return;
    shown.push(meta.id);
    have = { epoch, seq };
  }

  /** Everything above `have`, page by page. Without a cursor of this epoch: from its beginning. */
  async function sync(connection: TestClient, isOpen: () => boolean): Promise<void> {
    for (let more = true; more && isOpen(); ) {
      const page: InboxPage = await connection.call<InboxPage & Record<string, unknown>>(
        "inbox:sync",
        have === undefined ? { limit: 1 } : { have, limit: 100 },
      );
      if (!isOpen()) return;
      if (page.epoch !== have?.epoch) {
        have = { epoch: page.epoch, seq: 0 };
        continue;
      }
      for (const [, , meta] of page.events as EventTriple[]) show(meta);
      acknowledge(connection);
      more = page.next !== undefined;
    }
  }

  const acknowledge = (connection: TestClient) => connection.socket.emit("inbox:ack", have);

  return {
    shown,
    async connect(ms, goodbye) {
      const connection = client(edgeUrl, token, { io: { reconnection: false } });
      let isOpen = true;
      let isSynced = false;
      const open = () => isOpen;
      const keepUp = async () => {
        isSynced = false;
        await sync(connection, open);
        isSynced = true;
      };
      connection.socket.on(event, (_data: unknown, meta: Meta) => {
        if (!isSynced || !isOpen) return;
        if (meta.inbox!.seq > have!.seq + 1) return ignoreEnd(keepUp());
        show(meta);
        acknowledge(connection);
      });
      connection.socket.on("session:ready", () => ignoreEnd(keepUp()));
      await systemClock.sleep(ms);
      isOpen = false;
      if (goodbye) await connection.close();
      else connection.dropConnection();
    },
  };

  /** What was asked over a connection that ended is asked again over the next one. */
  function ignoreEnd(work: Promise<void>): void {
    work.catch(() => undefined);
  }
}

const door = <T>({ nc }: Bench, user: string, op: object) =>
  request<T>(
    nc,
    "rollcall.internal.v1.notifier.inbox",
    { tenant: "main", namespace: "/", user, ...op } as unknown as InboxRequest,
    { timeoutMs: 5_000 },
  );

/** As devices that have everything so far; one whose inbox has begun anew meanwhile asks again next time. */
export async function acknowledgeAll(bench: Bench, users: readonly string[]): Promise<void> {
  await Promise.all(
    users.map(async (user) => {
      const { epoch, seq } = await door<InboxState & { seq: number }>(bench, user, { op: "sync", limit: 1 });
      await door(bench, user, { op: "ack", epoch, seq }).catch((error: RollcallError) => {
        if (error.code !== "CONFLICT") throw error;
      });
    }),
  );
}

/**
 * As people who want their newest item back and have read it again. Unlike an acknowledgement it changes no end: one that
 * comes when the channel has a notice and the notifier died before it could write that down would contradict it.
 */
export async function rereadNewest(bench: Bench, users: readonly string[]): Promise<void> {
  await Promise.all(
    users.map(async (user) => {
      const { events } = await door<InboxPage>(bench, user, { op: "sync", limit: 1 });
      const ids = (events as EventTriple[]).map(([, , { id }]) => id);
      if (ids.length === 0) return;
      for (const op of ["unread", "read"]) await door(bench, user, { op, ids });
    }),
  );
}
