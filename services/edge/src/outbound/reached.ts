/** Why a user of this edge got a message, or did not: `explain`'s question to an edge. */

import { userTarget } from "@rollcall/contracts";
import type { Registry } from "../clients/registry.ts";
import { type Account, MAX_TARGETS, type Reached } from "./accounts.ts";
import { isRoomTarget } from "./room-key.ts";
import type { Whereabouts } from "./whereabouts.ts";

export function reachedBy(
  registry: Registry,
  whereabouts: Whereabouts,
  isDurable: (namespace: string, event: string) => boolean,
): Reached {
  return ({ namespace, event, targets, moment }: Account, tenant, user) => {
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
      if (targets.length >= MAX_TARGETS) return undefined;
      // A durable event has an entry for each recipient, and those of people who are not here are passed over: of them
      // the ledger knows, this edge does not.
      const isPassedOver = connected.sockets === 0 && isDurable(namespace, event);
      return { sockets: 0, missed: isPassedOver ? "offline" : "not_addressed" };
    }
    if (took.sockets > 0) return { sockets: took.sockets };
    const missed = connected.sockets === 0 ? "offline" : took.slow ? "slow" : "not_a_member";
    return { sockets: 0, missed };
  };
}
