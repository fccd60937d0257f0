/**
 * Was a user there when a message came by? The newest changes of who takes part in what on this edge, so that today's
 * state can be taken back to that moment. Costs nothing for those who stay.
 */

import type { Delivery, DeliveryMember } from "@rollcall/fanout";

interface Change {
  tick: number;
  user: string;
  namespace: string;
  target: string;
  joined: boolean;
  /** It reads too slowly and gets less for a while: it did not leave. */
  slow: boolean;
}

const MAX_CHANGES = 10_000;

export class Whereabouts {
  readonly #changes: Change[] = [];
  #next = 0;
  #tick = 0;

  /** A moment, after all changes so far. */
  now(): number {
    return this.#tick;
  }

  /** `user`: its own target. The strings are kept: give those that are kept anyway. */
  changed(user: string, namespace: string, target: string, joined: boolean, slow = false): void {
    this.#changes[this.#next] = { tick: ++this.#tick, user, namespace, target, joined, slow };
    this.#next = (this.#next + 1) % MAX_CHANGES;
  }

  /** How many of the user's sockets took part in `target` then, given how many do now. Undefined: too long ago. */
  count(
    user: string,
    namespace: string,
    target: string,
    moment: number,
    today: number,
  ): { sockets: number; slow: boolean } | undefined {
    if (this.#tick - moment > MAX_CHANGES) return undefined;
    let sockets = today;
    let latest: Change | undefined;
    for (const change of this.#changes) {
      if (change.user !== user || change.target !== target || change.namespace !== namespace) continue;
      if (change.tick > moment) sockets -= change.joined ? 1 : -1;
      else if (latest === undefined || change.tick > latest.tick) latest = change;
    }
    return { sockets, slow: sockets <= 0 && latest?.slow === true && !latest.joined };
  }
}

type Moved = (member: DeliveryMember, target: string, joined: boolean) => void;

/** The same delivery; `moved` hears of every change of who takes part. */
export function withMoves(delivery: Delivery, moved: Moved): Delivery {
  const moves: Pick<Delivery, "join" | "leave" | "detach"> = {
    join(member, target) {
      const changed = delivery.join(member, target);
      if (changed) moved(member, target, true);
      return changed;
    },
    leave(member, target) {
      const changed = delivery.leave(member, target);
      if (changed) moved(member, target, false);
      return changed;
    },
    detach(member) {
      for (const target of member.targets()) moved(member, target, false);
      delivery.detach(member);
    },
  };
  return Object.assign(Object.create(delivery) as Delivery, moves);
}
