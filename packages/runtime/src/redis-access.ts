/** How a Redis is found and spoken to beyond its URL: by Sentinels, in a cluster, over TLS. */

import { readFileSync } from "node:fs";
import type { ConnectionOptions } from "node:tls";
import { ConfigError } from "./config.ts";
import { cannotRead } from "./readable.ts";
import { clusterWay, type Node, nodeConnector, sentinelWay } from "./redis-node-connector.ts";
import type { RedisOptions } from "./redis-options.ts";

export type RedisMode = "single" | "sentinel" | "cluster";

export interface RedisAccess {
  mode: RedisMode;
  /** `host:port` of each. */
  sentinels: readonly string[];
  sentinelPassword?: string | undefined;
  /** Paths: read again at each connection, so that certificates may be renewed. */
  tls: {
    ca?: string | undefined;
    cert?: string | undefined;
    key?: string | undefined;
    serverName?: string | undefined;
  };
  /** In a cluster: a key of the slot where everything of the installation is. */
  slotKey: string;
}

/** The settings that say it. */
export interface RedisAccessSettings {
  INSTALL: string;
  REDIS_MODE: RedisMode;
  REDIS_SENTINELS: readonly string[];
  REDIS_SENTINEL_PASSWORD?: string;
  REDIS_TLS_CA?: string;
  REDIS_TLS_CERT?: string;
  REDIS_TLS_KEY?: string;
  REDIS_TLS_SERVERNAME?: string;
}

export function redisAccessOf(settings: RedisAccessSettings): RedisAccess {
  return {
    mode: settings.REDIS_MODE,
    sentinels: settings.REDIS_SENTINELS,
    sentinelPassword: settings.REDIS_SENTINEL_PASSWORD,
    tls: {
      ca: settings.REDIS_TLS_CA,
      cert: settings.REDIS_TLS_CERT,
      key: settings.REDIS_TLS_KEY,
      serverName: settings.REDIS_TLS_SERVERNAME,
    },
    slotKey: `{${settings.INSTALL}:c0}`,
  };
}

const DEFAULT_SENTINEL_PORT = 26_379;
/** What the client does after such an error. */
const RECONNECT_AND_REPEAT = 2;

/** Options of the client, beside the URL. */
/** `onUnreadable` is told of a file that cannot be read any more: what it held last goes on. */
export function redisAccessOptions(
  url: string,
  access: RedisAccess,
  onUnreadable: (error: unknown) => void = () => {},
): RedisOptions {
  const secure = /^rediss:\/\//i.test(url);
  const tls = secure ? { tls: tlsOptions(access.tls, onUnreadable) } : {};
  // A primary that became a replica, or gave its slot away, refuses: nothing was done, and the right one can be found.
  const reconnectOnError = (error: Error) => /^(READONLY|MOVED)\b/.test(error.message) && RECONNECT_AND_REPEAT;
  switch (access.mode) {
    case "single":
      return { ...tls, reconnectOnError };
    case "sentinel": {
      const guides = { password: access.sentinelPassword, tls: tls.tls };
      const way = sentinelWay(new URL(url).hostname, access.sentinels.map(addressOf), guides);
      return { ...tls, reconnectOnError, Connector: nodeConnector(way) };
    }
    case "cluster":
      return { ...tls, reconnectOnError, Connector: nodeConnector(clusterWay(access.slotKey)) };
  }
}

function addressOf(text: string): Node {
  const { hostname, port } = new URL(`redis://${text}`);
  return { host: hostname.replace(/^\[|\]$/g, ""), port: port === "" ? DEFAULT_SENTINEL_PORT : Number(port) };
}

/** Throws when a file cannot be read at first. What a getter throws later the client would tell nobody. */
function tlsOptions(
  { ca, cert, key, serverName }: RedisAccess["tls"],
  onUnreadable: (error: unknown) => void,
): ConnectionOptions {
  const options: ConnectionOptions = serverName === undefined ? {} : { servername: serverName };
  for (const [name, path] of Object.entries({ ca, cert, key })) {
    if (path === undefined) continue;
    let held = readAtFirst(`REDIS_TLS_${name.toUpperCase()}`, path);
    const get = () => {
      try {
        held = readFileSync(path);
      } catch (error) {
        onUnreadable(error);
      }
      return held;
    };
    Object.defineProperty(options, name, { enumerable: true, get });
  }
  return options;
}

function readAtFirst(name: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new ConfigError([cannotRead(name, path, error)]);
  }
}
