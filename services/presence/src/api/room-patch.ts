/** `room.patch`: a backend changes a room's state. The contract says which keys there are; a backend may change all. */

import { type Contracts, type Issue, type RequestBody, RollcallError, type RoomContract } from "@rollcall/contracts";
import type { RoomRules } from "@rollcall/contracts/internal";
import type { PresenceStore } from "../store.ts";
import { declaredRoom } from "./declared-room.ts";

export async function patchRoom(
  store: Pick<PresenceStore, "patch">,
  contracts: Contracts,
  tenant: string,
  request: { body: RequestBody<"room.patch">; traceparent: string | undefined },
): Promise<{ epoch: string; version: number }> {
  const { namespace, room, ops, id } = request.body;
  const contract = declaredRoom(contracts, { namespace, room });
  const issues = ops.flatMap((op, i) => issuesOf(contract, op, `/ops/${i}`));
  if (issues.length > 0) throw RollcallError.invalid(issues);
  const { traceparent } = request;
  return store.patch({ tenant, namespace, room }, { rules: rulesOf(contract), ops: ops as never, id, traceparent });
}

/** A room that declares no state keeps none, but its record. The same as the edges'. */
const DEFAULT_RETAIN_MS = 3_600_000;

type Op = RequestBody<"room.patch">["ops"][number];

function issuesOf(contract: RoomContract, op: Op, pointer: string): Issue[] {
  const key = contract.state?.key(op.key);
  if (key === undefined) {
    return [{ pointer: `${pointer}/key`, keyword: "undeclared", message: "this room declares no such key" }];
  }
  if (op.op !== "set") return [];
  return (key.validate(op.value) ?? []).map((issue) => ({ ...issue, pointer: `${pointer}/value${issue.pointer}` }));
}

function rulesOf({ state, history }: RoomContract): RoomRules {
  return {
    retainMs: state?.retainMs ?? DEFAULT_RETAIN_MS,
    ...(state?.publish === true ? { publishState: true } : {}),
    ...(history === undefined ? {} : { history }),
  };
}
