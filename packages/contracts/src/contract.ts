/** What a loaded set of contract files offers to the services. Made by `compile/`, immutable, swapped whole. */

import type { Issue } from "./errors.ts";

/** Validates in place of nothing: never mutates but for declared defaults. `undefined` = valid. */
export type Validator = (value: unknown) => Issue[] | undefined;

export interface Rate {
  /** Events per second per session; burst is one second's worth (at least 1). */
  perSecond: number;
}

export interface HistoryRule {
  size: number;
  ttlMs: number;
}

/** Both ends belong to it; `least` above `most`: there are none. */
export interface IntegerRange {
  least: number;
  most: number;
}

export interface StateKeyContract {
  pattern: string;
  validate: Validator;
  /** What an `increment` may lead to. */
  integers: IntegerRange;
  /** Replaces `state`. */
  op?: string;
  writeOwner: boolean;
}

export interface RoomContract {
  pattern: string;
  /** None: no info is accepted. */
  validateInfo?: Validator;
  maxMembers?: number;
  state?: { retainMs: number; publish: boolean; key(name: string): StateKeyContract | undefined };
  /** The largest size and ttl among the room's relays and events that declare history. */
  history?: HistoryRule;
}

interface Declared {
  name: string;
  description?: string;
  owner?: string;
  deprecated?: { since: string; use?: string; remove?: string };
  enforcement: "enforce" | "warn";
  /** Head sampling ratio of this event, when it has its own. */
  sample?: number;
  validate: Validator;
}

export interface RelayContract extends Declared {
  kind: "relay";
  rooms: string[];
  /** The operation needed on the room; default `publish`. */
  op: string;
  rate?: Rate;
  volatile: boolean;
  history?: HistoryRule;
  /** True when one of `rooms` matches. */
  allowsRoom(room: string): boolean;
}

export interface CommandContract extends Declared {
  kind: "command";
  validateReply: Validator;
  /** NATS subject under `commands.`. */
  subject: string;
  timeoutMs: number;
  rate?: Rate;
}

export type AudienceResult =
  | { ok: true; to: "room"; room: string }
  | { ok: true; to: "users"; users: string[] }
  | { ok: false; detail: string };

export interface EventContract extends Declared {
  kind: "event";
  namespace: string;
  /** Missing: only the `emit` request sends it. */
  from?: SubjectPattern;
  type?: string;
  tenantFrom: "subject" | "header" | "default";
  audience?: { to: "room" | "users"; of(data: unknown): AudienceResult };
  durable?: DurableRule;
  history?: HistoryRule;
}

export interface DurableRule {
  ttlMs: number;
  collapse?(data: unknown): string | undefined;
  fallback?: { afterMs: number; channel: string };
  digest?: { windowMs: number };
}

export interface SubjectPattern {
  /** As written, for example `events.{tenant}.orders.shipped`. */
  source: string;
  /** The tenant in the subject (default tenant when the pattern has none); undefined when it does not match. */
  match(subject: string): { tenant: string } | undefined;
}

export interface NamespaceContract {
  namespace: string;
  rooms: readonly RoomContract[];
  relays: ReadonlyMap<string, RelayContract>;
  commands: ReadonlyMap<string, CommandContract>;
  events: ReadonlyMap<string, EventContract>;
  /** The contract of the room's longest matching pattern. */
  room(id: string): RoomContract | undefined;
}

export interface Contracts {
  /** Short hex digest of what is declared: equal on all services of one version (`rollcall_contracts{hash}`). */
  hash: string;
  namespaces: ReadonlyMap<string, NamespaceContract>;
  /** Every operation name a contract introduces (relays' and keys' `op`). */
  operations: readonly string[];
  /** The event an incoming subject and CloudEvent type mean. */
  route(subject: string, type: string | undefined): { event: EventContract; tenant: string } | undefined;
}

/** One mistake in a contract file, as `contracts check` prints it. `line` and `column` count from 1. */
export interface Mistake {
  file: string;
  line: number;
  column: number;
  pointer: string;
  message: string;
}
