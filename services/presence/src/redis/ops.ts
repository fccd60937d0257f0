/** Lane operations to the arguments of `lua/ops/*`, and their results back. JSON values become opaque texts here. */

import { isErrorCode } from "@rollcall/contracts";
import type { AssertedSession, LaneOp, RoomRules, RuledOp, SessionRef } from "@rollcall/contracts/internal";
import type { OpResult } from "../store.ts";
import { readMemberships } from "./packed.ts";

type Arg = string | number;

const refArgs = (ref: SessionRef): Arg[] => [ref.tenant, ref.namespace, ref.user, ref.session];
/** A value to keep as text; "" for none. */
const json = (value: unknown): string => (value === undefined ? "" : JSON.stringify(value));
/** A presence without info has none: `null` says the same. */
const presenceInfo = (info: unknown): string => (info === null ? "" : json(info));
const text = (value: string | undefined): string => json(value);
const flag = (value: boolean | undefined): string => (value === true ? "1" : "");
export const rulesArgs = (rules: RoomRules): Arg[] => [
  rules.retainMs,
  rules.history?.ttlMs ?? 0,
  flag(rules.publishState),
];

/** The arguments of `ops/<op>.lua`, in its order. */
export function encodeOp(op: LaneOp): Arg[] {
  const tp = op.traceparent ?? "";
  const re = ("room" in op ? op.id : undefined) ?? "";
  switch (op.op) {
    case "open": {
      const { name, client, presence, issuedAtMs } = op;
      const status = presence?.status ?? "";
      return [
        ...refArgs(op.ref),
        text(name),
        text(client),
        status,
        presenceInfo(presence?.info),
        issuedAtMs,
        op.ageMs ?? 0,
        op.mostSessions ?? "",
        tp,
      ];
    }
    case "close":
      return [...refArgs(op.ref), op.incarnation, op.how, tp];
    case "set":
      return [...refArgs(op.ref), op.incarnation, op.status, presenceInfo(op.info), tp];
    case "join": {
      const max = op.rules.maxMembers ?? "";
      return [
        ...refArgs(op.ref),
        op.incarnation,
        op.room,
        flag(op.observe),
        max,
        ...rulesArgs(op.rules),
        json(op.info),
        re,
        tp,
      ];
    }
    case "leave":
      return [...refArgs(op.ref), op.incarnation, op.room, op.reason, re, tp];
    case "update":
      return [...refArgs(op.ref), op.incarnation, op.room, json(op.info), re, tp];
    case "patch": {
      const head = [...refArgs(op.ref), op.incarnation, op.room, ...rulesArgs(op.rules), re, tp];
      return [...head, ...patchArgs(op.ops)];
    }
    case "publish": {
      const { id: mid, ts } = JSON.parse(op.metaJson) as { id: string; ts: string };
      const head = [...refArgs(op.ref), op.incarnation, op.room, ...rulesArgs(op.rules), op.rules.history?.size ?? 0];
      return [...head, op.event, re, op.dataJson, op.metaJson, mid, ts, flag(op.history), tp];
    }
    case "assert":
      return [op.round, flag(op.last), op.sessions.length, ...op.sessions.flatMap(assertedArgs)];
    case "digest":
      return [op.digest.count, op.digest.x1 >>> 0, op.digest.x2 >>> 0];
    case "bye":
      return [];
  }
}

/** What `patch.apply` of `lua/lib/patch.lua` takes. */
export function patchArgs(ops: readonly RuledOp[]): Arg[] {
  const condition = (given: Extract<RuledOp, { op: "set" }>["if"]): Arg =>
    given === undefined ? "" : "absent" in given ? "absent" : given.version;
  const args = (op: RuledOp): Arg[] => {
    switch (op.op) {
      case "set":
        return [
          "set",
          op.key,
          JSON.stringify(op.value),
          op.ttlMs ?? "",
          flag(op.bind === "session"),
          condition(op.if),
          "",
          "",
        ];
      case "delete":
        return ["delete", op.key, "", "", "", condition(op.if), "", ""];
      case "increment":
        return ["increment", op.key, op.by, "", flag(op.bind === "session"), "", op.least ?? "", op.most ?? ""];
    }
  };
  return [ops.length, ...ops.flatMap(args)];
}

function assertedArgs(session: AssertedSession): Arg[] {
  const { ref, incarnation, name, client, presence, issuedAtMs, rooms } = session;
  return [
    ...refArgs(ref),
    incarnation,
    text(name),
    text(client),
    presence?.status ?? "",
    presenceInfo(presence?.info),
    issuedAtMs,
    session.ageMs ?? "",
    session.traceparent ?? "",
    rooms.length,
    ...rooms.flatMap(({ room, observe, rules, info }) => [room, flag(observe), ...rulesArgs(rules), json(info)]),
  ];
}

/** `code, message, details JSON` of a script's `err`. */
export function refusal([name, message, details]: readonly unknown[]): Extract<OpResult, { kind: "error" }> {
  const known = details === undefined ? {} : { details: JSON.parse(String(details)) as Record<string, unknown> };
  return { kind: "error", code: isErrorCode(name) ? name : "INTERNAL", message: String(message ?? ""), ...known };
}

const number = (value: unknown): number => Number(value);

export function decodeResult(op: LaneOp, reply: readonly unknown[]): OpResult {
  const [kind, ...r] = reply;
  if (kind === "repeat" || kind === "gap") return { kind };
  if (kind !== "ok") return refusal(r);
  switch (op.op) {
    case "open": {
      const elsewhere = r[2] === "" ? undefined : String(r[2]);
      const memberships = readMemberships(String(r[3]));
      return { kind: "open", incarnation: number(r[0]), resumed: r[1] === "1", elsewhere, memberships };
    }
    case "set":
    case "update":
      return { kind: op.op, version: number(r[0]) };
    case "join": {
      const [kindOf, member] = splitOnce(String(r[8]));
      const version = number(r[1]);
      return {
        kind: "join",
        facts: {
          roomEpoch: String(r[0]),
          version,
          count: number(r[2]),
          occupancy: r[3] === "1",
          stateVersion: number(r[4]),
          seq: number(r[5]),
          position: String(r[6]),
          change:
            kindOf === "joined" || kindOf === "updated" ? { kind: kindOf, from: number(r[7]), member } : undefined,
        },
      };
    }
    case "patch":
      return { kind: "patch", epoch: String(r[0]), version: number(r[1]) };
    case "publish":
      return { kind: "publish", seq: r[0] === "" ? undefined : number(r[0]), id: String(r[1]), ts: String(r[2]) };
    case "assert": {
      const n = op.sessions.length;
      const incarnations = r.slice(0, n).map((inc) => (inc === "" ? undefined : number(inc)));
      return { kind: "assert", incarnations, ghosts: number(r[n]), missing: number(r[n + 1]) };
    }
    case "digest":
      return { kind: "digest", equal: r[0] === "1" };
    default:
      return { kind: "done" };
  }
}

function splitOnce(value: string): [string, string] {
  const at = value.indexOf(" ");
  return at < 0 ? [value, ""] : [value.slice(0, at), value.slice(at + 1)];
}
