/** `room.patch`: a backend changes a room's state. The contract says which keys there are; a backend may change all. */

import { type Contracts, type RequestBody, RollcallError, type StateOp } from "@rollcall/contracts";
import { patchIssues, roomRules } from "@rollcall/contracts/internal";
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
  const issues = patchIssues(ops as StateOp[], contract);
  if (issues.length > 0) throw RollcallError.invalid(issues);
  const { traceparent } = request;
  return store.patch(
    { tenant, namespace, room },
    { rules: roomRules(contract), ops: ops as StateOp[], id, traceparent },
  );
}
