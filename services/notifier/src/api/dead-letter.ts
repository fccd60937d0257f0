/** `deadletter.list`, `.show`, `.replay` and `.discard`. */

import { RollcallError } from "@rollcall/contracts";
import type { Archive, LetterFilter } from "../dead-letter/archive.ts";
import { checked } from "./checked.ts";

export function createDeadLetterHandlers(archive: Archive) {
  /** Everything at once only when it is asked for by name. */
  function chosen(name: "deadletter.replay" | "deadletter.discard", body: unknown): LetterFilter {
    const filter = checked(name, body);
    if (filter.ids === undefined && filter.reason === undefined && filter.limit === undefined) {
      throw RollcallError.invalid([{ pointer: "", keyword: "anyOf", message: "needs ids, a reason or a limit" }]);
    }
    return filter;
  }
  return {
    async list(tenant: string, body: unknown) {
      const filter = checked("deadletter.list", body);
      const [only, ...more] = filter.ids ?? [];
      if (only !== undefined && more.length === 0) {
        const letter = await archive.show(tenant, only);
        return { letters: letter === undefined ? [] : [letter] };
      }
      return { letters: await archive.list(tenant, filter) };
    },
    replay: async (tenant: string, body: unknown) => archive.replay(tenant, chosen("deadletter.replay", body)),
    discard: async (tenant: string, body: unknown) => archive.discard(tenant, chosen("deadletter.discard", body)),
  };
}
