/** What presence needs to know of a room's contract. */

import type { RoomContract } from "@rollcall/contracts";
import type { RoomRules } from "@rollcall/contracts/internal";

/** A room without declared state keeps nothing to retain. */
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
