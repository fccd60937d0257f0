/**
 * Where NATS is and who we are, as its client must be told. Credentials that come from files are read again at each
 * connection; an authenticator that throws would end the connection for good, so what was good before goes on.
 */

import { readFileSync } from "node:fs";
import {
  type Authenticator,
  credsAuthenticator,
  nkeyAuthenticator,
  usernamePasswordAuthenticator,
} from "@nats-io/nats-core";
import type { NodeConnectionOptions } from "@nats-io/transport-node";
import { ConfigError } from "./config.ts";
import { parseNatsUrl } from "./nats-servers.ts";
import { cannotRead } from "./readable.ts";
import { renewed } from "./secret-file.ts";

export interface NatsAccess {
  inboxPrefix?: string | undefined;
  /** Path of a credentials file; read again at each reconnect, so that it may be rotated. */
  creds?: string | undefined;
  /** Seed of a user's nkey; one from a file is read again at each reconnect. */
  nkey?: string | undefined;
  /** Paths of PEM files; read again at each reconnect. Any of them asks for TLS. */
  tls?: { ca?: string | undefined; cert?: string | undefined; key?: string | undefined };
  /** Domain of the JetStream that is used, where a leaf node has another. */
  jsDomain?: string | undefined;
}

/** The settings that say it. */
export interface NatsAccessSettings {
  NATS_CREDS?: string;
  NATS_NKEY?: string;
  NATS_TLS_CA?: string;
  NATS_TLS_CERT?: string;
  NATS_TLS_KEY?: string;
  NATS_INBOX_PREFIX?: string;
  NATS_JS_DOMAIN?: string;
}

export function natsAccessOf(settings: NatsAccessSettings): NatsAccess {
  return {
    inboxPrefix: settings.NATS_INBOX_PREFIX,
    creds: settings.NATS_CREDS,
    nkey: settings.NATS_NKEY,
    tls: { ca: settings.NATS_TLS_CA, cert: settings.NATS_TLS_CERT, key: settings.NATS_TLS_KEY },
    jsDomain: settings.NATS_JS_DOMAIN,
  };
}

type OnUnreadable = (error: unknown) => void;

/** For services and for the command line. `onUnreadable` is told of credentials that cannot be read any more. */
export function natsOptions(
  url: string,
  access: NatsAccess = {},
  onUnreadable: OnUnreadable = () => {},
): NodeConnectionOptions {
  const { inboxPrefix, creds, nkey, tls = {} } = access;
  const { ca: caFile, cert: certFile, key: keyFile } = tls;
  const files = { caFile, certFile, keyFile };
  const given = Object.fromEntries(Object.entries(files).filter(([, path]) => path !== undefined));
  return {
    ...serversOf(url),
    ...(inboxPrefix === undefined ? {} : { inboxPrefix }),
    ...(creds === undefined ? {} : { authenticator: credsOf(creds, onUnreadable) }),
    ...(nkey === undefined ? {} : { authenticator: nkeyOf(nkey, onUnreadable) }),
    ...(Object.keys(given).length === 0 ? {} : { tls: given }),
  };
}

/** The user of a URL from a file is read again at each reconnect; where the servers are is not. */
function serversOf(url: string): NodeConnectionOptions {
  const { servers, ...first } = parseNatsUrl(url);
  if (first.user === undefined) return { servers };
  const now = () => {
    try {
      return parseNatsUrl(renewed(url));
    } catch {
      return first; // half a file, or a mistake in it
    }
  };
  const authenticator = usernamePasswordAuthenticator(
    () => now().user ?? "",
    () => now().pass ?? "",
  );
  return { servers, authenticator };
}

function credsOf(path: string, onUnreadable: OnUnreadable): Authenticator {
  const read = () => {
    try {
      return readFileSync(path);
    } catch (error) {
      throw new ConfigError([cannotRead("NATS_CREDS", path, error)]);
    }
  };
  const mistake = `NATS_CREDS holds no credentials of a user: ${path}`;
  return lastGood(read, credsAuthenticator, mistake, onUnreadable);
}

function nkeyOf(seed: string, onUnreadable: OnUnreadable): Authenticator {
  const read = () => new TextEncoder().encode(renewed(seed));
  return lastGood(read, nkeyAuthenticator, "NATS_NKEY is no seed of a user's nkey", onUnreadable);
}

/** Throws `mistake` when what it reads is not good at first: that would only be told at each attempt, for ever. */
function lastGood(
  read: () => Uint8Array,
  make: (content: Uint8Array) => Authenticator,
  mistake: string,
  onUnreadable: OnUnreadable,
): Authenticator {
  const good = () => {
    const authenticator = make(read());
    authenticator(""); // signs for nobody: only then it is known
    return authenticator;
  };
  let held: Authenticator;
  try {
    held = good();
  } catch (error) {
    throw error instanceof ConfigError ? error : new ConfigError([mistake]);
  }
  return (nonce) => {
    try {
      held = good();
    } catch (error) {
      onUnreadable(error);
    }
    return held(nonce);
  };
}
