/** What `NATS_URL` says: servers, and who we are when the URL carries it (`nats://user:password@host:4222`). */

import { ConfigError } from "./config.ts";

export interface NatsServers {
  servers: string[];
  user?: string;
  pass?: string;
}

/** The client reads no user from a URL and would connect as nobody. All servers of a list take the same one. */
export function parseNatsUrl(text: string): NatsServers {
  const urls = text.split(",").map((one) => parse(one.trim()));
  const named = urls.filter((url) => url.username !== "");
  const { username = "", password = "" } = named[0] ?? {};
  if (named.some((url) => url.username !== username || url.password !== password)) {
    throw new ConfigError(["NATS_URL: its servers name different users"]);
  }
  return {
    servers: urls.map(({ protocol, host }) => `${protocol}//${host}`),
    ...(username === "" ? {} : { user: decodeURIComponent(username), pass: decodeURIComponent(password) }),
  };
}

function parse(text: string): URL {
  const url = URL.parse(/^[a-z]+:\/\//.test(text) ? text : `nats://${text}`);
  // Never the text itself: it may hold a password.
  if (url === null || url.host === "") throw new ConfigError(["NATS_URL: not a list of nats://host:port"]);
  return url;
}
