/** The notifier's keys in a cell of the fan-out Redis: beside the log, so that one script may touch both. */

import { encodeSubjectToken } from "@rollcall/contracts";
import { keysOf } from "@rollcall/fanout";

const part = encodeSubjectToken;

export function cellKeysOf(install: string, cell: string) {
  const cellKeys = keysOf(install, cell);
  return {
    log: cellKeys.log,
    /** String, expires: the log position of a message that was emitted. `mid` is unique in its namespace only. */
    emitted: (tenant: string, namespace: string, mid: string) =>
      `${cellKeys.prefix}emitted:${part(tenant)}:${part(namespace)}:${part(mid)}`,
    /** String, expires: the reading term that may emit what comes from one source. */
    intake: (source: string) => `${cellKeys.prefix}intake:${part(source)}`,
  };
}
