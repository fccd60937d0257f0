/** What presence must know of a room's contract to keep its record. Pure. */

import type { RoomContract } from "@rollcall/contracts";
import type { RoomRules } from "@rollcall/contracts/internal";

/** `retain` of a room that declares no state. */
const DEFAULT_RETAIN_MS = 60 * 60 * 1000;

export function roomRules(contract: RoomContract): RoomRules {
  return {
    ...(contract.maxMembers === undefined ? {} : { maxMembers: contract.maxMembers }),
    retainMs: contract.state?.retainMs ?? DEFAULT_RETAIN_MS,
    ...(contract.state?.publish === true ? { publishState: true } : {}),
    ...(contract.history === undefined ? {} : { history: contract.history }),
  };
}
