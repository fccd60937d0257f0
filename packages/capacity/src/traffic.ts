/** What an installation is used for, and the work that this is. */

import type { WorkPerSecond } from "./costs.ts";

export interface Traffic {
  /** Connected at once. */
  users: number;
  /** That each is a member of. */
  rooms: number;
  /** Members of a room. */
  roomSize: number;
  /** Clients' messages to a room, in all, a second. */
  relays: number;
  /** Backends' events to a room, in all, a second. */
  events: number;
  /** Clients that connect and as many that go, in all, a second. */
  connects: number;
}

/** A second: of more entries some come together, and are written and read together. */
const MOST_ALONE = 500;

/** Every join and leave is an entry, and told to the room; every entry is read by every edge. */
export function workOf(traffic: Traffic, edges: number): WorkPerSecond {
  const { users, rooms, roomSize, relays, events, connects } = traffic;
  const joins = connects * rooms;
  const others = roomSize - 1;
  const alone = Math.min(relays + events, MOST_ALONE);
  return {
    installation: 1,
    edge: edges,
    connection: users,
    session: connects,
    join: joins,
    entry: relays + events,
    append: alone,
    read: (relays + events) * edges + 2 * joins * (edges - 1),
    wake: alone * edges + Math.min(2 * joins, MOST_ALONE) * (edges - 1),
    handout: (relays + events + 2 * joins) * Math.min(edges, others),
    delivery: relays * others + events * roomSize + 2 * joins * others,
    relay: relays,
    event: events,
  };
}

/** Of the log, a second. */
export const entriesOf = ({ relays, events, connects, rooms }: Traffic): number =>
  relays + events + 2 * connects * rooms;

/** The same for one of `pools` that share nothing. */
export const partOf = (traffic: Traffic, pools: number): Traffic => ({
  ...traffic,
  users: traffic.users / pools,
  relays: traffic.relays / pools,
  events: traffic.events / pools,
  connects: traffic.connects / pools,
});
