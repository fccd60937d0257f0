/** Keys of a cell that only presence knows, beside those of `keysOf`. Scripts derive the rest; see their headers. */

import { keysOf } from "@rollcall/fanout";

export function presenceKeys(install: string, cell: string) {
  const keys = keysOf(install, cell);
  return {
    ...keys,
    /** Only read by scripts built with `time: "key"`. */
    testNow: () => `${keys.prefix}test:now`,
    /** Who relays the outbox: a lease. */
    relay: () => `${keys.prefix}relay`,
  };
}
