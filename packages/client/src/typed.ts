/** From the types that `rollcall contracts types` generates to what a handler, a publish and a call take. */

import type { Meta, Reply } from "./wire.ts";

/** Without generated types every event is allowed and every payload unknown. */
export interface AnyServerEvents {
  [event: string]: (data: unknown, meta: Meta) => void;
}
export interface AnyClientEvents {
  [event: string]: (payload: unknown, meta: unknown, ack: (reply: Reply) => void) => void;
}

type CoreDomain = "session" | "room" | "presence" | "state" | "inbox" | "server";
type Args<F> = F extends (...args: infer A) => void ? A : never;

/** The names that contract files declare; core's have their own functions here. */
export type AppEvent<M> = Exclude<keyof M & string, `${CoreDomain}:${string}`>;
export type EventData<S, E extends keyof S> = Args<S[E]>[0];
export type EventHandler<S, E extends keyof S> = (data: EventData<S, E>, meta: Meta) => void;

/** Relays are the client events whose payload is `{ room, data }`. */
export type RelayEvent<C> = {
  [E in AppEvent<C>]: unknown extends EventData<C, E>
    ? E
    : EventData<C, E> extends { room: string; data: unknown }
      ? E
      : never;
}[AppEvent<C>];
export type RelayData<C, E extends keyof C> = EventData<C, E> extends { data: infer D } ? D : unknown;

export type CommandReply<C, E extends keyof C> =
  NonNullable<Args<C[E]>[2]> extends (reply: infer R) => void
    ? Extract<R, { ok: true }> extends { data: infer D }
      ? D
      : unknown
    : unknown;
