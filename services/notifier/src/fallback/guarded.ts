/** A channel behind a circuit breaker: for channels that have one host, whose failure is everybody's. */

import type { Clock, Random } from "@rollcall/runtime";
import { ask, type BreakerRules, CLOSED, tell, waitMs, withdraw } from "./breaker.ts";
import { type Channel, Refused } from "./channel.ts";

/** A host that is well again is found out within `maxPauseMs` and the time of an attempt. */
export const BREAKER: BreakerRules = { failures: 5, minPauseMs: 250, maxPauseMs: 4_000, probeMs: 15_000 };

export function guarded(channel: Channel, { clock, random }: { clock: Clock; random: Random }): Channel {
  let breaker = CLOSED;
  const settle = (isWell: boolean) => {
    breaker = tell(breaker, isWell, BREAKER, clock.monotonic(), random);
  };
  return {
    ...channel,
    waitMs: () => waitMs(breaker, BREAKER, clock.monotonic()),
    begin() {
      const asked = ask(breaker, BREAKER, clock.monotonic());
      breaker = asked.next;
      return {
        waitMs: asked.waitMs,
        withdraw() {
          // Unless another attempt has told meanwhile.
          if (breaker === asked.next) breaker = withdraw(breaker, clock.monotonic());
        },
      };
    },
    async send(notice, signal) {
      try {
        const result = await channel.send(notice, signal);
        settle(true);
        return result;
      } catch (error) {
        settle(error instanceof Refused);
        throw error;
      }
    },
  };
}
