/** The Rollcall client for browsers and Node. */

export type { Client, ClientOptions } from "./client.ts";
export { createClient } from "./client.ts";
export type { ErrorCode } from "./errors.ts";
export { RollcallError } from "./errors.ts";
export type { RoomView } from "./fold.ts";
export type { Inbox, InboxSnapshot } from "./inbox.ts";
export type { Entries, StateEntry } from "./overlay.ts";
export type { Presence, Presences, Watch, WatchSnapshot } from "./presence.ts";
export type { Readable } from "./readable.ts";
export type { OfflinePolicy, RequestOptions } from "./requests.ts";
export type { Published, Room, RoomOptions, RoomStatus } from "./room-api.ts";
export type { Patched, RoomState, SetOptions, WriteOptions } from "./room-state.ts";
export { unchanged } from "./room-state.ts";
export type { Status } from "./session.ts";
export type { AnyClientEvents, AnyServerEvents } from "./typed.ts";
export type * from "./wire.ts";
