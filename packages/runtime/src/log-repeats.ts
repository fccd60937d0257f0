/**
 * What repeats is not told each time. A bad publisher or a sick dependency makes the same line thousands of times a
 * second: of one `event` so many at once and so many a second are written, and the first one after a silence says how
 * many there were meanwhile. Pure; `nowMs` is of a clock that does not go back.
 */

import { type Bucket, type BucketRule, newBucket, take } from "./bucket.ts";

/** At once: enough for a start that tells each mistake of many contract files. */
const RULE: BucketRule = { perSecond: 10, burst: 100 };
/** Events are names in our code; beyond so many nothing is held back. */
const MAX_EVENTS = 1_000;

interface Told extends Bucket {
  withheld: number;
}

export class LogRepeats {
  readonly #events = new Map<string, Told>();

  /** How many of this event were withheld before this one; undefined when this one is, too. */
  admit(event: string, nowMs: number): number | undefined {
    const told = this.#toldOf(event, nowMs);
    if (told === undefined) return 0;
    if (take(told, RULE, nowMs) > 0) {
      told.withheld++;
      return undefined;
    }
    const { withheld } = told;
    told.withheld = 0;
    return withheld;
  }

  #toldOf(event: string, nowMs: number): Told | undefined {
    const known = this.#events.get(event);
    if (known !== undefined || this.#events.size >= MAX_EVENTS) return known;
    const fresh = { ...newBucket(RULE, nowMs), withheld: 0 };
    this.#events.set(event, fresh);
    return fresh;
  }
}
