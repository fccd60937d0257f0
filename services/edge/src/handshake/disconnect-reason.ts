/** Socket.IO's reasons in our words, for disconnects this edge did not decide itself. */

import type { DisconnectReason } from "../clients/session.ts";

const KNOWN: Readonly<Record<string, DisconnectReason>> = {
  "client namespace disconnect": "client",
  "transport close": "transport",
  "ping timeout": "ping_timeout",
  "parse error": "protocol",
  "forced close": "protocol",
  "forced server close": "protocol",
  "server shutting down": "shutdown",
};

/** `details`: the transport's error, when there was one. A frame that breaks the protocol carries a code of `ws`. */
export function disconnectReason(reason: string, details: unknown): DisconnectReason {
  if (reason === "transport error") return isProtocolError(details) ? "protocol" : "transport";
  return KNOWN[reason] ?? "transport";
}

function isProtocolError(details: unknown): boolean {
  const { description, code } = (details ?? {}) as { description?: unknown; code?: unknown };
  const found = code ?? (description as { code?: unknown } | null | undefined)?.code;
  return typeof found === "string" && found.startsWith("WS_ERR_");
}
