/**
 * A client that reads too slowly gets less until it has caught up: nothing of its rooms is queued, its watches wait for
 * the latest reading. Then it is told to look again. What is addressed to it alone still comes, up to the hard limit,
 * where the connection is closed.
 */

import type { Delivery } from "@rollcall/fanout";
import type { Session } from "../clients/session.ts";
import type { Resync } from "./resync.ts";
import type { WatchHub } from "./watch-hub.ts";

export interface PressureOptions {
  delivery: Delivery;
  hub: WatchHub<Session>;
  resync: Resync;
}

export class Pressure {
  readonly #options: PressureOptions;

  constructor(options: PressureOptions) {
    this.#options = options;
  }

  begin(session: Session): void {
    const { delivery, hub } = this.#options;
    if (session.pressed || !session.live) return;
    session.pressed = true;
    for (const room of session.rooms.keys()) delivery.leave(session.member, session.roomTarget(room));
    hub.hold(session);
  }

  end(session: Session): void {
    const { delivery, hub, resync } = this.#options;
    if (!session.pressed) return;
    session.pressed = false;
    if (!session.live) return;
    for (const room of session.rooms.keys()) delivery.join(session.member, session.roomTarget(room));
    resync.rooms(session, "slow");
    hub.release(session);
    hub.flush();
  }
}
