/**
 * What became of the newest domain events on this edge: to how many sockets each was handed. Asked for when somebody
 * wants to know why an event did not arrive; an edge that knows nothing of it stays silent.
 */

import type { DeliveryAccount, DeliveryQuery } from "@rollcall/contracts/internal";
import type { ReceivedEntry } from "@rollcall/fanout";
import type { NatsHandle } from "@rollcall/runtime";

type EdgeAccount = DeliveryAccount & { from: "edge" };

const MAX_ACCOUNTS = 10_000;

export class Accounts {
  readonly #edge: string;
  /** In the order of arrival. */
  readonly #byMessage = new Map<string, EdgeAccount>();

  constructor(edge: string) {
    this.#edge = edge;
  }

  note({ tenant, mid, event, position }: ReceivedEntry, sockets: number, nowMs: number): void {
    const key = keyOf(tenant, mid);
    const earlier = this.#byMessage.get(key);
    if (earlier !== undefined) {
      earlier.sockets += sockets; // one message in several entries
      return;
    }
    const at = new Date(nowMs).toISOString();
    this.#byMessage.set(key, { from: "edge", edge: this.#edge, at, position: position.id, id: mid, event, sockets });
    if (this.#byMessage.size <= MAX_ACCOUNTS) return;
    for (const oldest of this.#byMessage.keys()) {
      this.#byMessage.delete(oldest);
      return;
    }
  }

  find({ tenant, id }: DeliveryQuery): EdgeAccount | undefined {
    return this.#byMessage.get(keyOf(tenant, id));
  }
}

const keyOf = (tenant: string, mid: string) => `${tenant} ${mid}`;

/** Answers `Subjects.delivery()`. What is no question is not answered. */
export function answerAccounts({ nc }: NatsHandle, subject: string, accounts: Accounts): void {
  nc.subscribe(subject, {
    callback: (error, message) => {
      if (error !== null) return;
      let query: DeliveryQuery;
      try {
        query = message.json<DeliveryQuery>();
      } catch {
        return;
      }
      const data = accounts.find(query);
      if (data !== undefined) message.respond(JSON.stringify({ ok: true, data }));
    },
  });
}
