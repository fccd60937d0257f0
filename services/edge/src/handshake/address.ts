/**
 * The client's address behind a known number of proxies: each appends the peer it saw to `X-Forwarded-For`, so the last
 * entries are true and the rest is the client's own invention.
 */

/** `trustedProxies` 0: the header says nothing. */
export function clientAddress(peer: string, forwardedFor: string | undefined, trustedProxies: number): string {
  if (trustedProxies === 0 || forwardedFor === undefined) return peer;
  const hops = forwardedFor.split(",").map((hop) => hop.trim());
  const seen = hops.at(-trustedProxies) ?? hops[0];
  return seen === undefined || seen === "" || seen.length > 64 ? peer : seen;
}
