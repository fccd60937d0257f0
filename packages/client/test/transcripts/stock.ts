/** Plays a transcript with the stock `socket.io-client`, nothing of ours between it and the edge. */

import { waitFor } from "@rollcall/testkit";
import { io, type Socket } from "socket.io-client";
import { type Bound, compare, filled, type Performance, type Step } from "./transcript.ts";

const WAIT_MS = 20_000;
/** An edge that cannot take a connection now closes it, and clients come back. */
const ATTEMPTS = 5;

class Player {
  readonly events: unknown[][] = [];
  refusal: { data?: unknown } | undefined;
  closed = false;
  readonly #socket: Socket;

  constructor(url: string, auth: Record<string, unknown>) {
    this.#socket = io(url, { transports: ["websocket"], forceNew: true, reconnection: false, auth });
    this.#socket.onAny((...event: unknown[]) => event[0] !== "session:health" && this.events.push(event));
    this.#socket.on("connect_error", (error: Error & { data?: unknown }) => {
      if (error.data === undefined) this.closed = true;
      else this.refusal = error;
    });
    this.#socket.on("disconnect", () => {
      this.closed = true;
    });
  }

  /** Answered by a first event or a refusal; false: closed before either. */
  async answered(): Promise<boolean> {
    const answered = () => this.events.length > 0 || this.refusal !== undefined;
    await waitFor(() => answered() || this.closed, { timeoutMs: WAIT_MS, what: "an answer" });
    return answered();
  }
  async next(): Promise<unknown[]> {
    await waitFor(() => this.events.length > 0 || this.closed || this.refusal, {
      timeoutMs: WAIT_MS,
      what: "an event",
    });
    const event = this.events.shift();
    if (event === undefined) throw new Error(`closed or refused: ${JSON.stringify(this.refusal?.data)}`);
    return event;
  }
  request(args: [string, ...unknown[]]): Promise<unknown> {
    return this.#socket.timeout(WAIT_MS).emitWithAck(...args);
  }
  send(args: [string, ...unknown[]]): void {
    this.#socket.emit(...args);
  }
  drop(): void {
    this.#socket.io.engine.close();
  }
  disconnect(): void {
    this.#socket.disconnect();
  }
}

export async function playStock({ edges, tokens, steps }: Performance): Promise<void> {
  const bound: Bound = new Map();
  const players = new Map<string, Player>();

  async function play(step: Step): Promise<void> {
    if (step.connect) {
      const { edge = 0, token, auth = {} } = step.connect;
      const full = { ...(token !== undefined && { token: tokens[token] }), ...(filled(auth, bound) as object) };
      let player = new Player(edges[edge]!, full);
      for (let left = ATTEMPTS; left > 1 && !(await player.answered()); left--) player = new Player(edges[edge]!, full);
      players.set(step.client, player);
      if (step.refused === undefined) return compare(["session:ready", step.ready, {}], await player.next(), bound);
      await waitFor(() => player.refusal, { timeoutMs: WAIT_MS, what: "a refusal" });
      return compare(step.refused, player.refusal?.data, bound);
    }
    const player = players.get(step.client)!;
    if (step.event) compare(step.event, (await player.next()).slice(0, step.event.length), bound);
    else if (step.drop) player.drop();
    else if (step.disconnect) player.disconnect();
    else if (step.closed) await waitFor(() => player.closed, { timeoutMs: WAIT_MS, what: "the end" });
    else {
      const token = step.refresh === undefined ? undefined : tokens[step.refresh];
      const args = step.emit ?? (["session:refresh", { token }] as [string, unknown]);
      const sent = filled(args, bound) as [string, ...unknown[]];
      if (step.ack === undefined) player.send(sent);
      else compare(step.ack, await player.request(sent), bound);
    }
  }

  try {
    for (const [i, step] of steps.entries()) {
      try {
        await play(step);
      } catch (cause) {
        throw new Error(`step ${i} ${JSON.stringify(step)}: ${(cause as Error).message}`, { cause });
      }
    }
  } finally {
    for (const player of players.values()) player.disconnect();
  }
}
