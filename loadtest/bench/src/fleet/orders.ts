/** What a fleet of clients is told, and what it answers. */

import type { Dialect } from "./load-client.ts";

export interface ClientPlan {
  user: string;
  token: string;
  /** Of Rollcall: who comes with the same one resumes it. */
  session: string;
  rooms: string[];
}

export type Order =
  /** With `spreadMs` each begins after a random delay between the two, else as fast as they can. */
  | {
      do: "connect";
      dialect: Dialect;
      url: string;
      awaitReady: boolean;
      clients: ClientPlan[];
      spreadMs?: [from: number, to: number];
    }
  /** Each client joins its own of these too, in the order in which they connected. */
  | { do: "join"; rooms: string[][] }
  /** Every connection is cut without a word. */
  | { do: "drop" }
  /** `reset` forgets delays, nothing else. */
  | { do: "tally"; reset?: boolean };

export interface Tally {
  events: number;
  /** Lost, repeated or out of order. */
  wrong: number;
  closed: number;
  /** Numbered messages that came with the answer to a join: missed before, and brought after. */
  recovered: number;
  p50Ms: number;
  p99Ms: number;
}

export type Answer = { done: true; tally?: Tally } | { done: false; message: string };
