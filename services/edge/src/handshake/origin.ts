/**
 * The Origin allow-list. Browsers send the header and cannot be made to lie in it; others need not send one, and their
 * token alone decides.
 */

/** `scheme://host[:port]` exactly, or with `*` as any port. Compared as text: no normalising that could be fooled. */
export type OriginRule = (origin: string) => boolean;

const ANY_PORT = ":*";

export function originRule(allowed: readonly string[]): OriginRule {
  const exact = new Set(allowed.filter((origin) => !origin.endsWith(ANY_PORT)));
  const anyPort = allowed.filter((origin) => origin.endsWith(ANY_PORT)).map((origin) => origin.slice(0, -1));
  return (origin) =>
    exact.has(origin) ||
    anyPort.some((prefix) => origin.startsWith(prefix) && /^\d{1,5}$/.test(origin.slice(prefix.length))) ||
    // A default port is not written in an Origin.
    anyPort.some((prefix) => origin === prefix.slice(0, -1));
}
