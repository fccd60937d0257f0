/**
 * What the notifier asks every edge (`Subjects.edgesDelivery()`, no queue group): what became of one message there.
 * Edges that know nothing of it stay silent; the others answer once. Private, but shared: add optional fields only.
 */

export interface DeliveryQuery {
  tenant: string;
  /** `meta.id`. */
  id: string;
}

/** One edge's account, from its ring of the newest 10,000 messages. */
export interface DeliveryAccount {
  edge: string;
  /** RFC 3339, when it read the log entry. */
  at: string;
  /** Stream id of the log entry. */
  position: string;
  sockets: number;
  /** Sockets it was kept from, by reason (`slow`, `except`...). */
  dropped?: Record<string, number>;
}
