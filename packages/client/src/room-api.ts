/** What an app can do with a room. */

import type { RollcallError } from "./errors.ts";
import type { RoomView } from "./fold.ts";
import type { Readable } from "./readable.ts";
import type { RequestOptions } from "./requests.ts";
import type { RoomState } from "./room-state.ts";
import type { AnyClientEvents, AnyServerEvents, AppEvent, EventHandler, RelayData, RelayEvent } from "./typed.ts";
import type { EventTriple, HistoryPage, Member, MembersPage } from "./wire.ts";

export interface RoomOptions {
  /** What others see beside the name, as the room's contract allows it. At most 256 bytes of JSON. */
  info?: unknown;
  /** Sees everything, is in no roster. */
  observe?: boolean;
  /** A token that adds rights for this room; asked again for each join. */
  grant?: () => Promise<string> | string;
  /** How many of the newest history events the first join brings: 0 to 200. */
  last?: number;
}

/**
 * `idle`: nobody holds the room. `joining`: nothing to show yet. `live`: equal to the server. `stale`: what is shown was
 * true when last live; it is being brought up to date. `failed`: refused or removed, see `error()`; nothing more happens
 * until `join()`.
 */
export type RoomStatus = "idle" | "joining" | "live" | "stale" | "failed";

export interface Published {
  id: string;
  ts: string;
  seq?: number;
}

export interface Room<S extends object = AnyServerEvents, C extends object = AnyClientEvents> extends AsyncDisposable {
  readonly id: string;
  readonly status: Readable<RoomStatus>;
  /** Why it failed. */
  error(): RollcallError | undefined;
  /** Those who are here longest first. Empty above the roster limit: then only `count` is known. */
  readonly members: Readable<readonly Member[]>;
  readonly count: Readable<number>;
  /** The newest events of the history, ascending, without a hole. */
  readonly history: Readable<readonly EventTriple[]>;
  readonly state: RoomState;
  /** Resolves when there is something to show. Repeated calls are one; `leave()` ends it. An abort leaves, unless others hold the room. */
  join(options?: { signal?: AbortSignal }): Promise<void>;
  /** Ends `join()`. The room is left when nobody holds it. */
  leave(): Promise<void>;
  /** Joins for as long as one holder has not called the answer: for parts of an app that do not know of each other. */
  hold(): () => void;
  /** Changes this user's `info` for all to see. */
  update(info: unknown, options?: RequestOptions): Promise<{ version: number }>;
  /** Each event once, in the room's order. */
  on<E extends AppEvent<S>>(event: E, handler: EventHandler<S, E>): () => void;
  /** History events were lost to this client; `after` is the last number known, if numbers still mean anything. */
  onMissed(handler: (missed: { after: number | undefined }) => void): () => void;
  publish<E extends RelayEvent<C>>(event: E, data: RelayData<C, E>, options?: RequestOptions): Promise<Published>;
  /** Without an answer, for what the next one replaces (cursors). False, and nothing sent, when not joined. */
  send<E extends RelayEvent<C>>(event: E, data: RelayData<C, E>): boolean;
  readHistory(
    page: { before?: number; after?: number; limit?: number },
    options?: RequestOptions,
  ): Promise<HistoryPage>;
  /** Members by page, for rooms above the roster limit. */
  readMembers(page: { cursor?: string; limit?: number }, options?: RequestOptions): Promise<MembersPage>;
  /** The confirmed view behind all of this; undefined until first joined. */
  view(): RoomView | undefined;
}
