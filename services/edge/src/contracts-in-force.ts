/** The contracts that are in force now. Whoever asks, asks anew for each event: they are swapped whole, between two. */

import type { Contracts } from "@rollcall/contracts";

export class ContractsInForce {
  #current: Contracts;

  constructor(first: Contracts) {
    this.#current = first;
  }

  get current(): Contracts {
    return this.#current;
  }

  swap(next: Contracts): void {
    this.#current = next;
  }
}
