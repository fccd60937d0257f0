/** What services make of a room's contract: the rules that presence keeps its record by, and the word on a patch. */

import type { RoomContract } from "../contract.ts";
import type { Issue } from "../errors.ts";
import type { StateOp } from "../wire.ts";
import type { RoomRules, RuledOp } from "./presence-rpc.ts";

/** A room that declares no state keeps none, but its record. */
const DEFAULT_RETAIN_MS = 3_600_000;

const known = new WeakMap<RoomContract, RoomRules>();

export function roomRules(contract: RoomContract): RoomRules {
  let rules = known.get(contract);
  if (rules === undefined) {
    const { maxMembers, state, history } = contract;
    rules = {
      retainMs: state?.retainMs ?? DEFAULT_RETAIN_MS,
      ...(maxMembers === undefined ? {} : { maxMembers }),
      ...(state?.publish === true ? { publishState: true } : {}),
      ...(history === undefined ? {} : { history }),
    };
    known.set(contract, rules);
  }
  return rules;
}

/** What a patch breaks of its room's contract: keys that are not declared, values that do not conform. */
export function patchIssues(ops: readonly StateOp[], contract: RoomContract | undefined): Issue[] {
  return ops.flatMap((op, i): Issue[] => {
    const key = contract?.state?.key(op.key);
    const pointer = `/ops/${i}`;
    if (key === undefined) {
      return [{ pointer: `${pointer}/key`, keyword: "undeclared", message: "this room declares no such key" }];
    }
    if (op.op !== "set") return [];
    return (key.validate(op.value) ?? []).map((issue) => ({ ...issue, pointer: `${pointer}/value${issue.pointer}` }));
  });
}

/** The operations of a patch that breaks nothing, each with what presence must know of its key's contract. */
export function ruledOps(ops: readonly StateOp[], contract: RoomContract, by: "session" | "backend"): RuledOp[] {
  return ops.map((op): RuledOp => {
    const key = contract.state?.key(op.key);
    // `write: owner` binds what is written to its writer's session.
    const bind = by === "session" && key?.writeOwner === true ? ({ bind: "session" } as const) : {};
    if (op.op === "set") return { ...op, ...bind };
    return op.op === "increment" ? { ...op, ...key?.integers, ...bind } : op;
  });
}
