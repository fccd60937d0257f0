/** `meta` of what this edge says itself. */

import type { Meta } from "@rollcall/contracts";
import type { Clock, Random } from "@rollcall/runtime";

/** Unique per logical message: clients drop repeats by it. */
export function newMeta(clock: Clock, random: Random, more: Partial<Meta> = {}): Meta {
  return { id: random.id(), ts: new Date(clock.now()).toISOString(), ...more };
}
