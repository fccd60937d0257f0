/**
 * A way to reach a user who did not acknowledge. A new channel is one file in `channels/` and one entry in
 * `channels-file.ts`; see `docs/recipes/fallback-channel.md`.
 */

import type { FallbackBody } from "@rollcall/contracts";

/** What is handed over; the body of every channel is `{ id, event, tenant, user, data, ts, digest? }`. */
export interface Notice {
  /** `meta.id` of the event: equal for all its recipients. */
  id: string;
  /** Of this event for this recipient: equal at every attempt, for receivers that drop repeats. */
  key: string;
  event: string;
  tenant: string;
  user: string;
  data: unknown;
  ts: string;
  /** Further ones of this event that go out with it, itself included, oldest first. */
  digest?: NoticeItem[];
  traceparent?: string;
}

export interface NoticeItem {
  id: string;
  data: unknown;
  ts: string;
}

/** `gone`: this recipient cannot be reached by this channel, now or later. */
export type SendResult = "sent" | "gone";

export interface Channel {
  readonly type: string;
  /** No further attempt after this, from when the notice was handed over. */
  readonly maxAgeMs: number;
  /** Rejects when another attempt may help: see {@link NotNow} and {@link Refused}. */
  send(notice: Notice, signal: AbortSignal): Promise<SendResult>;
  /** No more than `max` attempts in `duration` ms, by all replicas together. */
  readonly rate?: { max: number; duration: number };
  /** How long no notice of this channel is worth an attempt, whole ms; 0: now. */
  waitMs?(): number;
  /** As `waitMs`, and at 0 the next attempt is the caller's, who sends or withdraws: others are told to wait for it. */
  begin?(): Permit;
  close?(): Promise<void>;
}

export interface Permit {
  /** 0: send. */
  waitMs: number;
  /** There is nothing to send after all: it is another one's attempt. */
  withdraw(): void;
}

/** The channel takes nothing at the moment: all its notices wait so long. */
export class NotNow extends Error {
  readonly inMs: number;
  constructor(inMs: number) {
    super(`not before ${inMs} ms from now`);
    this.name = "NotNow";
    this.inMs = inMs;
  }
}

/** The host answered and did not take this notice, which says nothing against the host. */
export class Refused extends Error {
  constructor(what: string) {
    super(what);
    this.name = "Refused";
  }
}

export function bodyOf({ id, event, tenant, user, data, ts, digest }: Notice): string {
  const body = { id, event, tenant, user, data, ts, ...(digest === undefined ? {} : { digest }) };
  return JSON.stringify(body satisfies FallbackBody);
}

/** The value that an RFC 6901 pointer names in `data`. */
export function pointed(data: unknown, pointer: string): unknown {
  let value = data;
  for (const token of pointer.split("/").slice(1)) {
    const key = token.replaceAll("~1", "/").replaceAll("~0", "~");
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<string, unknown>)[key];
  }
  return value;
}
