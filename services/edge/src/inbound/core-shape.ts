/** The shape of a core event's payload: its schema in the contracts, extra fields dropped. */

import { validateClientEvent } from "@rollcall/contracts";
import type { Command } from "./command.ts";

export function coreShape<P>(event: string): Command<P>["shape"] {
  return (payload) => {
    const result = validateClientEvent(event, payload);
    return result.ok ? { ok: true, value: result.value as P } : result;
  };
}
