/** Why a user of this edge got a message, or did not: `explain`'s question to an edge. */

import { userTarget } from "@rollcall/contracts";
import type { Registry } from "../clients/registry.ts";
import { type Account, MAX_TARGETS, type Reached } from "./accounts.ts";
import { isRoomTarget } from "./room-key.ts";
import type { Whereabouts } from "./whereabouts.ts";

export function reachedBy(registry: Registry, whereabouts: Whereabouts): Reached {
  return ({ namespace, targets, moment }: Account, tenant, user) => {
    const own = userTarget(tenant, user);
    const count = (target: string) => {
      const here = registry
        .ofUser(tenant, user)
        .filter(({ ref, member }) => ref.namespace === namespace && member.targets().includes(target));
      return whereabouts.count(own, namespace, target, moment, here.length);
    };
    const connected = count(own);
    const room = targets.find(isRoomTarget);
    const took = room === undefined ? connected : count(room);
    if (connected === undefined || took === undefined) return undefined;
    if (room === undefined && !targets.includes(own)) {
      return targets.length < MAX_TARGETS ? { sockets: 0, missed: "not_addressed" } : undefined;
    }
    if (took.sockets > 0) return { sockets: took.sockets };
    const missed = connected.sockets === 0 ? "offline" : took.slow ? "slow" : "not_a_member";
    return { sockets: 0, missed };
  };
}
