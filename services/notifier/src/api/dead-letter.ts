/** `deadletter.list`, `.show`, `.replay` and `.discard`. */

import { RollcallError } from "@rollcall/contracts";
import type { Archive, ChosenLetters } from "../dead-letter/archive.ts";
import { checked } from "./checked.ts";

export function createDeadLetterHandlers(archive: Archive) {
  /** Everything at once only when it is asked for by name. */
  function chosen(name: "deadletter.replay" | "deadletter.discard", body: unknown): ChosenLetters {
    const { after, ...filter } = checked(name, body);
    if (Object.keys(filter).length === 0) {
      const message = "needs ids, a reason, a time or a limit";
      throw RollcallError.invalid([{ pointer: "", keyword: "anyOf", message }]);
    }
    return after === undefined ? filter : { ...filter, after };
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
