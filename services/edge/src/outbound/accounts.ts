/**
 * What became of the newest domain events on this edge: to how many sockets each was handed. Asked for when somebody
 * wants to know why an event did not arrive; an edge that knows nothing of it stays silent.
 */

import type { DeliveryAccount, DeliveryQuery } from "@rollcall/contracts/internal";
import type { ReceivedEntry } from "@rollcall/fanout";
import type { NatsHandle } from "@rollcall/runtime";

type EdgeAccount = DeliveryAccount & { from: "edge" };

export interface Account extends Omit<EdgeAccount, "ofUser"> {
  namespace: string;
  targets: readonly string[];
  /** Of {@link Whereabouts}. */
  moment: number;
}

/** Did a user of this edge get what an account is about? Undefined: not remembered. */
export type Reached = (account: Account, tenant: string, user: string) => EdgeAccount["ofUser"];

const MAX_ACCOUNTS = 10_000;
/** Of one message: beyond, nobody is said to have been left out. */
export const MAX_TARGETS = 100;

export class Accounts {
  readonly #edge: string;
  readonly #reached: Reached;
  /** In the order of arrival. */
  readonly #byMessage = new Map<string, Account>();

  constructor(edge: string, reached: Reached) {
    this.#edge = edge;
    this.#reached = reached;
  }

  note(entry: ReceivedEntry, sockets: number, nowMs: number, moment: number): void {
    const { tenant, mid, event, position, namespace, targets } = entry;
    const key = keyOf(tenant, mid);
    const earlier = this.#byMessage.get(key);
    if (earlier !== undefined) {
      // One message in several entries, one for each user.
      earlier.sockets += sockets;
      if (earlier.targets.length < MAX_TARGETS) earlier.targets = [...earlier.targets, ...targets];
      return;
    }
    const at = new Date(nowMs).toISOString();
    const account = { from: "edge" as const, edge: this.#edge, at, position: position.id, id: mid, event, sockets };
    this.#byMessage.set(key, { ...account, namespace, targets, moment });
    if (this.#byMessage.size <= MAX_ACCOUNTS) return;
    for (const oldest of this.#byMessage.keys()) {
      this.#byMessage.delete(oldest);
      return;
    }
  }

  find({ tenant, id, user }: DeliveryQuery): EdgeAccount | undefined {
    const account = this.#byMessage.get(keyOf(tenant, id));
    if (account === undefined) return undefined;
    const { namespace: _, targets: __, moment: ___, ...told } = account;
    const ofUser = user === undefined ? undefined : this.#reached(account, tenant, user);
    return ofUser === undefined ? told : { ...told, ofUser };
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
