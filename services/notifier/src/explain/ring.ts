/** The newest decisions of this process, for `delivery.get`: bounded, forgotten at the end of the process. Pure. */

import type { IntakeAccount } from "@rollcall/contracts/internal";

export class AccountRing {
  readonly #size: number;
  readonly #accounts: IntakeAccount[] = [];
  #next = 0;

  constructor(size: number) {
    this.#size = size;
  }

  add(account: IntakeAccount): void {
    this.#accounts[this.#next] = account;
    this.#next = (this.#next + 1) % this.#size;
  }

  /** By `meta.id` or by the publisher's id, oldest first. A scan: asked by people, not by machines. */
  find(tenant: string, id: string): IntakeAccount[] {
    const ordered = [...this.#accounts.slice(this.#next), ...this.#accounts.slice(0, this.#next)];
    return ordered.filter((account) => account.tenant === tenant && (account.mid === id || account.id === id));
  }
}
