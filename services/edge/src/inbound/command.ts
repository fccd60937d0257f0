/**
 * What one client event needs and does. Every event, core or of a contract file, is such an object, so that the order of
 * the checks is written down once, in the dispatcher.
 */

import type { Issue, RoomContract } from "@rollcall/contracts";
import type { BucketRule } from "@rollcall/runtime";
import type { Span } from "@rollcall/telemetry";
import type { Session } from "../clients/session.ts";

export interface Invocation<P = unknown> {
  readonly session: Session;
  readonly event: string;
  readonly payload: P;
  /** The client's `meta.id`. */
  readonly id: string | undefined;
  /** The `ack` span. */
  readonly span: Span;
  /** Answers now; what must follow the ack may then be sent at once. Only the first answer counts. */
  answer(data: unknown): void;
}

export interface Command<P = unknown> {
  readonly event: string;
  /** Its own bucket; else the session's. */
  readonly rate?: BucketRule;
  /** Must it carry an ack callback? */
  readonly ackRequired?: boolean;
  /** Core shape: the payload as it goes on (a copy without what is not ours), or what is wrong. */
  shape(payload: unknown): { ok: true; value: P } | { ok: false; issues: Issue[] };
  /** What must be known before rights can be asked: a promise only when something has to be waited for. */
  prepare?(session: Session, payload: P): Promise<void> | undefined;
  /** May the session do this? Must not depend on what exists. */
  allowed(session: Session, payload: P, nowMs: number): boolean;
  /** The room it is about. */
  room?(payload: P): string;
  /** Is the room one of the event's? Default: any declared room. */
  roomFits?(room: string): boolean;
  readonly memberOnly?: boolean;
  /** The contract file's word on the payload. */
  conforms?(payload: P, room: RoomContract | undefined): Issue[] | undefined;
  /** Its result is the ack's data. Throws catalogue errors. */
  run(invocation: Invocation<P>): unknown;
}

/** Forgets the payload's type: `shape` is what gives it to the other methods. */
export const command = <P>(definition: Command<P>): Command => definition as unknown as Command;
