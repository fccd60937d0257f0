/** A member's info against the room's contract: without a schema none is accepted; `null` clears. */

import type { Issue, RoomContract } from "@rollcall/contracts";

export function infoIssues(info: unknown, contract: RoomContract | undefined): Issue[] | undefined {
  if (info === undefined || info === null) return undefined;
  if (contract?.validateInfo === undefined) {
    return [{ pointer: "/info", keyword: "undeclared", message: "this room declares no info" }];
  }
  return contract.validateInfo(info)?.map((issue) => ({ ...issue, pointer: `/info${issue.pointer}` }));
}
