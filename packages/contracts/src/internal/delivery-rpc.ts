/**
 * What the notifier asks every edge and every notifier about one message (`Subjects.delivery()`, no queue group): who
 * knows nothing of it stays silent, the others answer `{ ok: true, data: DeliveryAccount }` once. Private, but shared:
 * add optional fields only.
 */

export interface DeliveryQuery {
  tenant: string;
  /** `meta.id`, or the id of a CloudEvent. Edges know the first only. */
  id: string;
  /** Was this user reached? */
  user?: string;
}

/** Why an edge that read a message did not hand it to a user. */
export type Missed = "offline" | "not_a_member" | "slow" | "not_addressed";

export type DeliveryAccount =
  | {
      from: "edge";
      edge: string;
      /** RFC 3339, when it read the log entry. */
      at: string;
      /** Stream id of the log entry. */
      position: string;
      /** `meta.id`. */
      id: string;
      event: string;
      /** Sockets it was handed to. */
      sockets: number;
      /** The user's, when one was asked for and this edge remembers. */
      ofUser?: { sockets: number; missed?: Missed };
    }
  | { from: "notifier"; notifier: string; accounts: IntakeAccount[] };

/** What a notifier did with one message that came over a source or by `emit`. */
export interface IntakeAccount {
  /** RFC 3339, when it was decided. */
  at: string;
  tenant: string;
  event?: string;
  /** `meta.id`; absent when it could not be routed. */
  mid?: string;
  /** Identity as its publisher knows it. */
  id?: string;
  source?: string;
  /** Where it came from. */
  subject?: string;
  sequence?: number;
  namespace?: string;
  room?: string;
  users?: number;
  /** `emitted`, `accepted` (durable), `repeat`, `dead_letter`, `waiting`. */
  outcome: string;
  reason?: string;
  detail?: string;
  trace?: string;
}
