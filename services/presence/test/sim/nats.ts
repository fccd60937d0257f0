/** The NATS of a simulated world: at most once, in any order, now and then late, now and then twice. */

import type { Random } from "@rollcall/runtime";
import type { Scheduler } from "./scheduler.ts";

const TWICE = 0.02;
const LATE = 0.02;
const USUAL_MS = 5;
const LATE_MS = 3_000;

export class Nats {
  up = true;
  readonly #scheduler: Scheduler;
  readonly #random: Random;

  constructor(scheduler: Scheduler, random: Random) {
    this.#scheduler = scheduler;
    this.#random = random;
  }

  send(deliver: () => void): void {
    if (!this.up) return;
    const copies = this.#random.float() < TWICE ? 2 : 1;
    for (let i = 0; i < copies; i++) {
      const mostMs = this.#random.float() < LATE ? LATE_MS : USUAL_MS;
      this.#scheduler.after(1 + this.#random.float() * mostMs, () => {
        if (this.up) deliver();
      });
    }
  }
}
