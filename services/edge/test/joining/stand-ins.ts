/** A clock and a delivery without turns of their own: what they do is done when they are told, and only then. */

import type { Delivery, DeliveryMember } from "@rollcall/fanout";
import type { Clock, Timer } from "@rollcall/runtime";

/** Time that is moved by hand, timers and all, in one synchronous step. */
export class StepClock implements Pick<Clock, "now" | "monotonic" | "setTimer"> {
  #nowMs = 0;
  readonly #timers = new Set<{ atMs: number; fn: () => void }>();
  now = () => this.#nowMs;
  monotonic = () => this.#nowMs;
  setTimer = (ms: number, fn: () => void): Timer => {
    const timer = { atMs: this.#nowMs + ms, fn };
    this.#timers.add(timer);
    return { cancel: () => void this.#timers.delete(timer) };
  };
  advance(ms: number): void {
    this.#nowMs += ms;
    for (const timer of [...this.#timers].filter(({ atMs }) => atMs <= this.#nowMs)) {
      this.#timers.delete(timer);
      timer.fn();
    }
  }
}

/** What is delivered is held until a flush, as by the real one; what is sent to one member brings its own. */
export class HoldingDelivery
  implements Pick<Delivery, "join" | "leave" | "has" | "deliver" | "send" | "flush" | "detach">
{
  readonly inRoom = new Set<DeliveryMember>();
  readonly #target: string;
  readonly #receiver: (member: DeliveryMember) => ((packetJson: string) => void) | undefined;
  #held: { member: DeliveryMember; packetJson: string }[] = [];

  constructor(target: string, receiver: (member: DeliveryMember) => ((packetJson: string) => void) | undefined) {
    this.#target = target;
    this.#receiver = receiver;
  }
  join(member: DeliveryMember, target: string): boolean {
    if (target !== this.#target) return false; // of a user or a session: nothing is sent there
    const fresh = !this.inRoom.has(member);
    this.inRoom.add(member);
    return fresh;
  }
  leave = (member: DeliveryMember): boolean => this.inRoom.delete(member);
  detach = (member: DeliveryMember): void => void this.inRoom.delete(member);
  has = (): boolean => this.inRoom.size > 0;
  deliver(_targets: readonly string[], _except: readonly string[], packetJson: string) {
    for (const member of this.inRoom) this.#held.push({ member, packetJson });
    return { recipients: this.inRoom.size };
  }
  send(member: DeliveryMember, packetJson: string): void {
    this.#held.push({ member, packetJson });
    this.flush();
  }
  flush(): void {
    for (const { member, packetJson } of this.#held.splice(0)) this.#receiver(member)?.(packetJson);
  }
}
