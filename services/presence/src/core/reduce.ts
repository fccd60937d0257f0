/** `reduce(cell, event, now)`: one call of presence's store as a function. `now` is Redis time in ms. */

import type { ErrorCode } from "@rollcall/contracts";
import type { LaneOp, LeaseData, RoomRules, RuledOp } from "@rollcall/contracts/internal";
import type { OpResult, SessionRevocation, Swept } from "../store.ts";
import type { BrakeReason } from "./brake.ts";
import { type Bounds, begin, type Cause, type Cell, clockMs, iso, own, type Told, type Work } from "./cell.ts";
import { look, stepOf } from "./clock.ts";
import { applyOp } from "./lane.ts";
import { answered, remember } from "./room-ops.ts";
import { keepRoom, openRoom, put, roomEpoch, tellState } from "./rooms.ts";
import { finish, isAlive, leaveOne } from "./sessions.ts";
import { patch, type Refusal } from "./state.ts";
import { sweep } from "./sweep.ts";
import { loadUser, saveUser } from "./users.ts";

export type CellEvent =
  | { type: "hello"; edge: string }
  | { type: "lease"; edge: string }
  /** `refused`: counted, and answered with this code. */
  | { type: "op"; edge: string; op: LaneOp; refused?: ErrorCode | undefined }
  | ({ type: "revoke" } & SessionRevocation)
  | { type: "sweep"; well: boolean; brake: BrakeReason | undefined; traceparent?: string | undefined }
  | { type: "raise"; run: string; seenEpoch: number }
  | {
      type: "patch";
      tenant: string;
      namespace: string;
      room: string;
      rules: RoomRules;
      ops: readonly RuledOp[];
      id: string | undefined;
      traceparent: string | undefined;
    };

export type Outcome =
  /** C2 */
  | { type: "EPOCH" }
  | { type: "lease"; status: LeaseData["status"] }
  | { type: "op"; status: LeaseData["status"]; result: OpResult }
  | ({ type: "sweep" } & Swept)
  | { type: "revoke"; revoked: number }
  | { type: "raise"; raised: boolean }
  | { type: "patch"; ok: true; epoch: string; version: number }
  | { type: "patch"; ok: false; error: Refusal };

export interface Step {
  state: Cell;
  /** In the order of the commit: C4. */
  transitions: Told[];
  outcome: Outcome;
}

/** `run`: the Redis run that the caller's connection names. */
export function reduce(before: Cell, event: CellEvent, now: { run: string; nowMs: number; bounds: Bounds }): Step {
  const { nowMs, bounds } = now;
  if (event.type === "raise") return raise(before, event, bounds, nowMs);
  if (before.run !== now.run) return { state: before, transitions: [], outcome: { type: "EPOCH" } };
  const work = begin(before, bounds, nowMs);
  const { cell } = work;
  const step = stepOf(cell.clock, nowMs);
  cell.clock = look(cell.clock, nowMs, cell.brake !== undefined);
  const well = event.type !== "sweep" || event.well; // O3
  if (cell.brake !== undefined && well) cell.brake = { ...cell.brake, spentMs: cell.brake.spentMs + step };
  const outcome = apply(work, event);
  return { state: cell, transitions: work.told, outcome };
}

function apply(work: Work, event: Exclude<CellEvent, { type: "raise" }>): Outcome {
  const { cell, bounds } = work;
  switch (event.type) {
    case "hello": {
      const known = cell.edges.get(event.edge);
      if (known !== undefined && (known.gone || known.epoch !== cell.epoch))
        return { type: "lease", status: "UNKNOWN_EDGE" };
      if (known === undefined)
        own(work, "edges").set(event.edge, { epoch: cell.epoch, n: 0, round: undefined, gone: false });
      own(work, "leases").set(event.edge, clockMs(work) + bounds.leaseMs);
      return { type: "lease", status: "OK" };
    }
    case "lease":
      if (!isAlive(work, event.edge)) return { type: "lease", status: "UNKNOWN_EDGE" };
      own(work, "leases").set(event.edge, clockMs(work) + bounds.leaseMs);
      return { type: "lease", status: "OK" };
    case "op":
      return lane(work, event.edge, event.op, event.refused);
    case "revoke":
      return { type: "revoke", revoked: revoke(work, event) };
    case "sweep":
      return { type: "sweep", ...sweep(work, event.brake, event.traceparent) };
    case "patch":
      return patchRoom(work, event);
  }
}

/** L1, L2. */
function lane(work: Work, edge: string, op: LaneOp, refused: ErrorCode | undefined): Outcome {
  const { cell } = work;
  const done = (result: OpResult): Outcome => ({ type: "op", status: "OK", result });
  if (!isAlive(work, edge)) return { type: "op", status: "UNKNOWN_EDGE", result: { kind: "gap" } };
  const record = cell.edges.get(edge)!;
  if (op.n <= record.n) return done({ kind: "repeat" });
  if (op.n > record.n + 1) return done({ kind: "gap" });
  own(work, "edges").set(edge, { ...record, n: op.n });
  return done(refused === undefined ? applyOp(work, edge, op) : { kind: "error", code: refused, message: "" });
}

/** Ends the sessions that are meant, or takes them out of the room. */
function revoke(work: Work, revocation: SessionRevocation): number {
  const { tenant, user, session, namespace, room, issuedBeforeMs, traceparent } = revocation;
  const cause: Cause = { reason: "revoked", traceparent };
  const meant = loadUser(work, tenant, user).sessions.filter(
    ({ ns, id, issuedAtMs }) =>
      (session === undefined || id === session) &&
      (namespace === undefined || ns === namespace) &&
      (issuedBeforeMs === undefined || issuedAtMs <= issuedBeforeMs),
  );
  let revoked = 0;
  for (const one of meant) {
    const now = loadUser(work, tenant, user);
    if (room === undefined) {
      finish(work, now, one, cause);
      revoked++;
      continue;
    }
    const step = leaveOne(work, now, one, room, cause);
    if (!step.left) continue;
    saveUser(work, step.user, cause);
    revoked++;
  }
  return revoked;
}

/** C3. */
function raise(before: Cell, event: { run: string; seenEpoch: number }, bounds: Bounds, nowMs: number): Step {
  if (before.run === event.run) return { state: before, transitions: [], outcome: { type: "raise", raised: false } };
  const work = begin(before, bounds, nowMs);
  const { cell } = work;
  const first = before.run === "" && event.seenEpoch === 0;
  cell.epoch = Math.max(nowMs, event.seenEpoch + 1, before.epoch + 1);
  cell.run = event.run;
  cell.clock = before.run === "" ? { seenMs: nowMs, atMs: nowMs, passedMs: 0 } : look(before.clock, nowMs, true);
  cell.brake = first ? undefined : { reason: "epoch", spentMs: 0 };
  for (const edge of cell.leases.keys()) {
    own(work, "evicting").set(`evicted ${edge} s`, cell.clock.atMs);
    own(work, "evicting").set(`evicted ${edge} old`, cell.clock.atMs);
  }
  cell.leases = new Map();
  const epoch = String(cell.epoch);
  const told: Told = {
    to: "backends",
    kind: "epoch",
    id: epoch,
    tenant: "",
    user: "",
    ns: "",
    room: "",
    data: { epoch, at: iso(nowMs) },
  };
  return { state: cell, transitions: [told], outcome: { type: "raise", raised: true } };
}

function patchRoom(work: Work, event: Extract<CellEvent, { type: "patch" }>): Outcome {
  const { tenant, namespace: ns, room: name, rules, ops, id, traceparent } = event;
  const key = id === undefined ? undefined : `${tenant} ${ns}  room.patch ${id}`;
  const known = key === undefined ? undefined : answered(work, key);
  if (known !== undefined) {
    const [epoch = "", version] = known.split(" ");
    return { type: "patch", ok: true, epoch, version: Number(version) };
  }
  const room = openRoom(work, { tenant, ns, room: name }, rules);
  const by = { user: undefined, session: undefined, observer: false };
  const step = patch(room.state, ops, by, { clockMs: clockMs(work), wallMs: work.nowMs });
  if (!step.ok) {
    keepRoom(work, room);
    return { type: "patch", ok: false, error: step.error };
  }
  const next = put(work, { ...room, state: step.state });
  if (step.change !== undefined) tellState(work, next, step.change, { reason: "connect", traceparent, re: id });
  keepRoom(work, next);
  const answer = { epoch: roomEpoch(work, next), version: step.state.version };
  if (key !== undefined) remember(work, key, `${answer.epoch} ${answer.version}`);
  return { type: "patch", ok: true, ...answer };
}
