/**
 * What edges ask the notifier over NATS (`Subjects.notifierDoor("inbox")`): private, but shared. Add optional fields only.
 * Replies are `{ ok: true, data } | { ok: false, error: WireError }`; the edge passes `data` on as the client's ack:
 * `InboxPage` for `sync`, else `InboxState`. `ack` with another epoch is `CONFLICT`.
 */

export interface InboxOwner {
  tenant: string;
  namespace: string;
  user: string;
}

/** Client events `inbox:ack`, `inbox:read`, `inbox:unread` and `inbox:sync` of a session of the owner. */
export type InboxRequest = InboxOwner &
  (
    | { op: "ack"; epoch: string; seq: number }
    | { op: "read"; upTo: number }
    | { op: "read"; ids: string[] }
    | { op: "unread"; ids: string[] }
    | { op: "sync"; have?: { epoch: string; seq: number }; before?: number; limit?: number }
  );
