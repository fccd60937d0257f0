/**
 * The lane of one edge in one cell, as a state machine: no I/O, no randomness, time an argument.
 *
 * L1 at most one batch is in flight; it is sent again, unchanged but for the ages of sockets, until it is answered.
 * L2 numbers are consecutive and begin at 1 for each edge id.
 * L3 operations leave in the order in which they were submitted; an assertion or a digest goes before what waits.
 * L4 incarnations are filled in when a batch is made, so a batch ends before an operation whose session it opens, and
 *    after an assertion, which renumbers everything.
 * L5 every ticket is settled exactly once.
 * L6 the queue is bounded: requests are refused beyond it, and when even the edge's own operations overflow, they are
 *    dropped and an assertion of the truth takes their place.
 * L7 told `UNKNOWN_EDGE`, it takes a new id, asserts what was held, then sends the unanswered again, except what
 *    could apply twice. What was about to end is not asserted: it would come back to life only to end before all eyes.
 *    After an overflow the truth is asserted, and nothing older is sent behind it: the end of what it opens was dropped.
 * L8 an unequal digest is followed by an assertion. When that was taken and the next digest is unequal too, presence has
 *    counted wrong for this id, and would for ever: a new id is counted from nothing.
 *
 * The state is changed in place: whoever holds it passes it to {@link reduce} and to nothing else.
 */

import { RollcallError } from "@rollcall/contracts";
import type { Digest, LaneData, LaneReplyData, LaneRequest, LaneResult } from "@rollcall/contracts/internal";
import { type RefKey, refKey } from "../clients/ref.ts";
import { isRepeatable, isRequest, isSessionOp, type KeptOp, type KeptSession, type OpBody, sentAt } from "./ops.ts";

export const MAX_BATCH_OPS = 500;
/** Below the usual `max_payload` of NATS (1 MiB), with room for what is estimated. */
export const MAX_BATCH_BYTES = 384 * 1024;
/** Waiting client requests beyond which new ones are refused. */
export const MAX_WAITING_REQUESTS = 5_000;
/** Waiting operations of any kind beyond which the edge's own are dropped and asserted instead. */
export const MAX_WAITING = 20_000;

export interface Item {
  ticket: number;
  body: OpBody;
  /** Estimated size of the encoded operation. */
  bytes: number;
}

export interface LaneState {
  edge: string;
  /** `greeting`: this id is not announced yet. */
  phase: "greeting" | "idle" | "flight";
  nextN: number;
  flight: { items: Item[]; ops: KeptOp[] } | undefined;
  queue: Item[];
  waitingRequests: number;
  assertWanted: boolean;
  /** The assertion is of the truth, after an overflow: what is in flight is older. */
  truthWanted: boolean;
  digestWanted: boolean;
  /** L8: the last digest was unequal, and whether an assertion has been taken since. */
  doubt: "none" | "unequal" | "asserted";
}

/** What a batch needs to know of what presence holds, when it is made. */
export interface Held {
  incarnationOf(key: RefKey): number | undefined;
  digest(): Digest;
  chunks(): KeptSession[][];
  /** A fresh name for one assertion. */
  round(): string;
}

export type LaneEvent =
  | { type: "submit"; item: Item }
  | { type: "greeted" }
  | { type: "reply"; data: LaneReplyData; freshEdge: () => string }
  /** The lease, not the lane, was told `UNKNOWN_EDGE`. */
  | { type: "unknown"; edge: string; freshEdge: () => string }
  | { type: "digest" }
  /** What a digest came to. */
  | { type: "compared"; equal: boolean; freshEdge: () => string }
  | { type: "assert" }
  /** The last part of an assertion was taken. */
  | { type: "asserted" }
  /** Send what waits, or send again what is in flight. `nowMs`: monotonic. */
  | { type: "pump"; held: Held; nowMs: number };

export type LaneEffect =
  | { do: "hello"; edge: string; why: "unknown" | "unequal" }
  | { do: "send"; request: LaneRequest }
  | { do: "settle"; ticket: number; body: OpBody; result: LaneResult }
  /** The edge's own operations were dropped: the next assertion must be of the truth, not of what was answered. */
  | { do: "overflow" };

/** Tickets of operations nobody waits for. */
export const NO_TICKET = 0;

export function newLane(edge: string): LaneState {
  return {
    edge,
    phase: "greeting",
    nextN: 1,
    flight: undefined,
    queue: [],
    waitingRequests: 0,
    assertWanted: false,
    truthWanted: false,
    digestWanted: false,
    doubt: "none",
  };
}

export function reduce(state: LaneState, event: LaneEvent): LaneEffect[] {
  switch (event.type) {
    case "submit":
      return submit(state, event.item);
    case "greeted":
      if (state.phase === "greeting") state.phase = "idle";
      return [];
    case "reply":
      if (event.data.status === "UNKNOWN_EDGE") return newLife(state, event.freshEdge(), "unknown");
      return answered(state, event.data.results);
    case "unknown":
      // L7: an answer about an id we no longer use says nothing.
      return event.edge === state.edge ? newLife(state, event.freshEdge(), "unknown") : [];
    case "digest":
      state.digestWanted = true;
      return [];
    case "compared":
      if (!event.equal && state.doubt === "asserted") return newLife(state, event.freshEdge(), "unequal"); // L8
      state.doubt = event.equal ? "none" : "unequal";
      if (!event.equal) state.assertWanted = true;
      return [];
    case "asserted":
      if (state.doubt === "unequal") state.doubt = "asserted";
      return [];
    case "assert":
      state.assertWanted = true;
      return [];
    case "pump":
      return pump(state, event.held, event.nowMs);
  }
}

function submit(state: LaneState, item: Item): LaneEffect[] {
  const request = isRequest(item.body);
  if (request && state.waitingRequests >= MAX_WAITING_REQUESTS) return [failed(item, "OVERLOADED")];
  state.queue.push(item);
  if (request) state.waitingRequests++;
  return state.queue.length > MAX_WAITING ? overflow(state) : [];
}

/** L6: one assertion of the truth says what thousands of operations would. Requests are answered, not lost. */
function overflow(state: LaneState): LaneEffect[] {
  const dropped = state.queue;
  state.queue = [];
  state.waitingRequests = 0;
  state.assertWanted = true;
  state.truthWanted = true;
  return [...dropped.map((item) => failed(item, "OVERLOADED")), { do: "overflow" }];
}

function answered(state: LaneState, results: LaneResult[]): LaneEffect[] {
  const flight = state.flight;
  if (flight === undefined) return [];
  const byN = new Map(results.map((result) => [result.n, result]));
  state.flight = undefined;
  state.phase = "idle";
  return flight.items.map((item, i) => {
    const { n } = flight.ops[i]!;
    return settled(item, byN.get(n) ?? { n, ok: false, error: new RollcallError("INTERNAL").toWire() });
  });
}

function newLife(state: LaneState, edge: string, why: "unknown" | "unequal"): LaneEffect[] {
  const effects: LaneEffect[] = [{ do: "hello", edge, why }];
  const again: Item[] = [];
  for (const item of state.flight?.items ?? []) {
    if (isRepeatable(item.body) && !state.truthWanted) again.push(item);
    else effects.push(failed(item, "UNAVAILABLE"));
  }
  const { left, ended } = withoutEnds([...again, ...state.queue]);
  state.edge = edge;
  state.phase = "greeting";
  state.nextN = 1;
  state.flight = undefined;
  state.queue = left;
  state.waitingRequests = state.queue.filter((item) => isRequest(item.body)).length;
  state.assertWanted = true;
  state.digestWanted = false;
  state.doubt = "none";
  return [...effects, ...ended];
}

/**
 * L7: closes and leaves are done by not being asserted, and what came before them in their session or room is void. The
 * whole assertion begins anew, and stands for a digest.
 */
function withoutEnds(items: readonly Item[]): { left: Item[]; ended: LaneEffect[] } {
  const left: Item[] = [];
  const ended: LaneEffect[] = [];
  const later = new Set<string>(); // sessions and rooms that end after this
  for (const item of items.toReversed()) {
    const { body } = item;
    if (body.op === "assert" || body.op === "digest") continue;
    const session = isSessionOp(body) ? refKey(body.ref) : "";
    const room = "room" in body ? `${session}\n${body.room}` : session;
    if (body.op === "close" || body.op === "leave") {
      later.add(body.op === "close" ? session : room);
      ended.push(withoutSession(item));
    } else if (later.has(session) || later.has(room)) {
      ended.push(failed(item, "UNAVAILABLE"));
    } else {
      left.push(item);
    }
  }
  return { left: left.reverse(), ended: ended.reverse() };
}

function pump(state: LaneState, held: Held, nowMs: number): LaneEffect[] {
  if (state.phase === "greeting") return [];
  if (state.flight !== undefined) return [send(state.edge, state.flight.ops, nowMs)]; // L1
  if (state.assertWanted) {
    state.assertWanted = false;
    state.truthWanted = false;
    state.digestWanted = false;
    state.queue.unshift(...assertion(held));
  } else if (state.digestWanted) {
    state.digestWanted = false;
    state.queue.unshift({ ticket: NO_TICKET, bytes: 64, body: { op: "digest", digest: held.digest() } });
  }
  const { items, ops, effects } = takeBatch(state, held);
  if (items.length === 0) return effects;
  state.flight = { items, ops };
  state.phase = "flight";
  return [...effects, send(state.edge, ops, nowMs)];
}

const send = (edge: string, ops: readonly KeptOp[], nowMs: number): LaneEffect => ({
  do: "send",
  request: { edge, ops: ops.map((op) => sentAt(nowMs, op)) },
});

function assertion(held: Held): Item[] {
  const round = held.round();
  const chunks = held.chunks();
  return chunks.map((sessions, i) => ({
    ticket: NO_TICKET,
    bytes: MAX_BATCH_BYTES / 4, // a chunk is bounded by count; four of them may share a batch
    body: { op: "assert", round, sessions, last: i === chunks.length - 1 },
  }));
}

function takeBatch(state: LaneState, held: Held) {
  const items: Item[] = [];
  const ops: KeptOp[] = [];
  const effects: LaneEffect[] = [];
  const opened = new Set<RefKey>();
  let bytes = 0;
  let taken = 0;
  for (const item of state.queue) {
    const { body } = item;
    if (items.length === MAX_BATCH_OPS || (items.length > 0 && bytes + item.bytes > MAX_BATCH_BYTES)) break;
    if (body.op !== "assert" && items.at(-1)?.body.op === "assert") break; // L4
    if (isSessionOp(body)) {
      const key = refKey(body.ref);
      if (opened.has(key)) break; // L4
      if (body.op === "open") {
        opened.add(key);
        ops.push({ ...body, n: state.nextN });
      } else {
        const incarnation = held.incarnationOf(key);
        if (incarnation === undefined || incarnation === 0) {
          effects.push(withoutSession(item));
          taken++;
          continue;
        }
        ops.push({ ...body, incarnation, n: state.nextN });
      }
    } else {
      ops.push({ ...body, n: state.nextN });
    }
    items.push(item);
    bytes += item.bytes;
    state.nextN++;
    taken++;
  }
  for (let i = 0; i < taken; i++) if (isRequest(state.queue[i]!.body)) state.waitingRequests--;
  state.queue.splice(0, taken);
  return { items, ops, effects };
}

/** Presence knows nothing of the session: what ends something is done, what needs it cannot be. */
function withoutSession(item: Item): LaneEffect {
  const { op } = item.body;
  if (op === "close" || op === "leave") return settled(item, { n: 0, ok: true, data: { op } satisfies LaneData });
  return failed(item, "UNAVAILABLE");
}

const settled = (item: Item, result: LaneResult): LaneEffect => ({
  do: "settle",
  ticket: item.ticket,
  body: item.body,
  result,
});

const failed = (item: Item, code: "OVERLOADED" | "UNAVAILABLE"): LaneEffect =>
  settled(item, { n: 0, ok: false, error: new RollcallError(code).toWire() });
