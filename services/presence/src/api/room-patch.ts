/** `room.patch`: a backend changes a room's state. The contract says which keys there are; a backend may change all. */

import { type Contracts, type RequestBody, RollcallError, type StateOp } from "@rollcall/contracts";
import { patchIssues, roomRules, ruledOps } from "@rollcall/contracts/internal";
import type { PresenceStore } from "../store.ts";
import { declaredRoom } from "./declared-room.ts";

export async function patchRoom(
  store: Pick<PresenceStore, "patch">,
  contracts: Contracts,
  tenant: string,
  request: { body: RequestBody<"room.patch">; traceparent: string | undefined },
): Promise<{ epoch: string; version: number }> {
  const { namespace, room, id } = request.body;
  const ops = request.body.ops as StateOp[];
  const contract = declaredRoom(contracts, { namespace, room });
  const issues = patchIssues(ops, contract);
  if (issues.length > 0) throw RollcallError.invalid(issues);
  const { traceparent } = request;
  return store.patch(
    { tenant, namespace, room },
    { rules: roomRules(contract), ops: ruledOps(ops, contract, "backend"), id, traceparent },
  );
}
