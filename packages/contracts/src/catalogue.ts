/**
 * What contract files say, as plain data: references in schemas replaced, times in milliseconds, names in order. Made by
 * `compile/`; documentation, generated types and comparisons are functions of it.
 */

import type { HistoryRule, Rate } from "./contract.ts";

/** JSON Schema 2020-12, without `$ref`. */
export type JsonSchema = boolean | { readonly [keyword: string]: unknown };

/** Where in the files something is declared; `line` and `column` count from 1. */
export interface Place {
  file: string;
  line: number;
  column: number;
}

export interface Catalogue {
  namespaces: readonly NamespaceEntry[];
  /** Of every file: what gives parts of payloads their names. */
  shared: readonly SharedEntry[];
}

export interface SharedEntry {
  name: string;
  at: Place;
  schema: JsonSchema;
}

export interface NamespaceEntry {
  namespace: string;
  /** Of every file that adds to it, in the files' order. */
  descriptions: readonly string[];
  rooms: readonly RoomEntry[];
  relays: readonly RelayEntry[];
  commands: readonly CommandEntry[];
  events: readonly EventEntry[];
}

export interface RoomEntry {
  pattern: string;
  at: Place;
  description?: string;
  /** Absent: no info is accepted. */
  info?: JsonSchema;
  maxMembers?: number;
  state?: StateEntry;
}

export interface StateEntry {
  retainMs: number;
  publish: boolean;
  keys: readonly StateKeyEntry[];
}

export interface StateKeyEntry {
  pattern: string;
  description?: string;
  value: JsonSchema;
  writeOwner: boolean;
  /** Replaces `state`. */
  op?: string;
}

export interface MessageEntry {
  name: string;
  at: Place;
  description?: string;
  owner?: string;
  deprecated?: { since: string; use?: string; remove?: string };
  enforcement: "enforce" | "warn";
  sample?: number;
  payload: JsonSchema;
  examples: readonly unknown[];
}

export interface RelayEntry extends MessageEntry {
  rooms: readonly string[];
  op: string;
  rate?: Rate;
  volatile: boolean;
  history?: HistoryRule;
}

export interface CommandEntry extends MessageEntry {
  reply: JsonSchema;
  subject: string;
  timeoutMs: number;
  rate?: Rate;
}

export interface EventEntry extends MessageEntry {
  from?: string;
  type?: string;
  tenantFrom: "subject" | "header" | "default";
  /** Template of a room, or pointer to users, as written. */
  to?: { room: string } | { users: string };
  durable?: DurableEntry;
  history?: HistoryRule;
}

export interface DurableEntry {
  ttlMs: number;
  collapse?: string;
  fallback?: { afterMs: number; channel: string };
  digest?: { windowMs: number };
}
