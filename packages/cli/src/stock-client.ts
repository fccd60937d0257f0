/** What commands do with a stock client: ask with an ack, and wait for an event. */

import type { Clock } from "@rollcall/runtime";
import type { Socket } from "socket.io-client";

type Answer<T> = { ok: true; data: T } | { ok: false; error?: { code: string } };

const ACK_MS = 12_000;

/** The data of the ack; rejects with the code of a refusal. */
export async function ask<T>(socket: Socket, name: string, payload: unknown): Promise<T> {
  const answer = (await socket.timeout(ACK_MS).emitWithAck(name, payload)) as Answer<T>;
  if (!answer.ok) throw new Error(`${name}: ${answer.error?.code ?? "no code"}`);
  return answer.data;
}

/** Resolves at the first such event; rejects when it does not come, or the connection is refused. */
export function seen(
  socket: Socket,
  name: string,
  isIt: (payload: unknown) => boolean,
  withinMs: number,
  clock: Clock,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = (settle: () => void) => {
      alarm.cancel();
      socket.off(name, onEvent);
      socket.off("connect_error", onRefused);
      settle();
    };
    const onEvent = (payload: unknown) => isIt(payload) && end(resolve);
    // An edge that is busy says so; like everybody, a client tries again.
    const onRefused = (error: Error) => socket.active || end(() => reject(error));
    const alarm = clock.setTimer(withinMs, () => end(() => reject(new Error(`no ${name} within ${withinMs} ms`))));
    socket.on(name, onEvent);
    socket.on("connect_error", onRefused);
  });
}
