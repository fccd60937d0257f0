/**
 * The way to a Redis that has to be asked for: the primary that Sentinels know, or the node of a cluster that owns one
 * slot. It is asked anew at each connection. Everything of an installation is in one slot, so that one plain connection
 * to the right node is enough, and all that is written for a single Redis holds.
 *
 * The client's own Sentinel support is not used: a failover seen while it connects ends its connection for good.
 */

import { connect as connectTcp, type NetConnectOpts, Socket } from "node:net";
import { type ConnectionOptions, connect as connectTls } from "node:tls";
import { AbstractConnector, Redis } from "ioredis";
import type { RedisOptions } from "./redis-options.ts";

export interface Node {
  host: string;
  port: number;
}

/** Who is asked, and what. */
export interface Way {
  /** Those who may know, given the node of the URL. */
  guides(given: Node): readonly Node[];
  /** How guides are spoken to, given the client's own options. */
  access(options: RedisOptions): Pick<RedisOptions, "username" | "password" | "tls">;
  /** The node by the word of a guide; undefined when it does not know. */
  ask(guide: Redis, at: Node): Promise<Node | undefined>;
  /** Only a primary will do: a replica that was promoted a moment ago may not know yet. */
  primary: boolean;
  /** The channel on which guides tell of another node, and whether a message does. */
  news?: { channel: string; isOther(message: string, node: Node): boolean };
}

const ASK_MS = 2_000;

export function nodeConnector(way: Way): NonNullable<RedisOptions["Connector"]> {
  return class NodeConnector extends AbstractConnector {
    readonly #options: RedisOptions;
    #news: Redis | undefined;

    constructor(options: unknown) {
      super((options as { disconnectTimeout: number }).disconnectTimeout);
      this.#options = options as RedisOptions;
    }

    override check(info: { role?: string }): boolean {
      return !way.primary || info.role === undefined || info.role === "master";
    }

    /** Rejects only when it was told to stop: who is asked may not answer, and then the connection is lost as any other. */
    async connect(): Promise<Socket> {
      this.connecting = true;
      this.#news?.disconnect();
      const { host = "127.0.0.1", port = 6_379, tls } = this.#options;
      const node = await this.#find({ host, port });
      if (!this.connecting) throw new Error("Connection is closed.");
      if (node === undefined) return new Socket().destroy();
      const stream = tls === undefined ? connectTcp(node as NetConnectOpts) : connectTls({ ...tls, ...node });
      stream.once("error", (error: Error) => {
        this.firstError = error;
      });
      this.stream = stream;
      return stream;
    }

    override disconnect(): void {
      this.#news?.disconnect();
      super.disconnect();
    }

    async #find(given: Node): Promise<Node | undefined> {
      for (const guide of way.guides(given)) {
        if (!this.connecting) return undefined;
        const client = this.#speakTo(guide);
        try {
          await client.connect();
          const node = await way.ask(client, guide);
          if (node === undefined) continue;
          if (way.news !== undefined && this.connecting) this.#listen(guide, node, way.news);
          return node;
        } catch (error) {
          this.firstError = error as Error;
        } finally {
          client.disconnect();
        }
      }
      return undefined;
    }

    /** A primary that is cut off still answers its clients: they are to leave it when it is replaced. */
    #listen(guide: Node, node: Node, { channel, isOther }: NonNullable<Way["news"]>): void {
      const client = this.#speakTo(guide, { retryStrategy: () => ASK_MS, commandTimeout: undefined });
      this.#news = client;
      client.on("message", (_channel, message: string) => {
        if (isOther(message, node)) this.stream.destroy();
      });
      client.subscribe(channel).catch(() => undefined); // lost: subscribed again at its next connection
    }

    #speakTo({ host, port }: Node, more: RedisOptions = {}): Redis {
      const limits = { connectTimeout: ASK_MS, commandTimeout: ASK_MS, retryStrategy: null };
      const client = new Redis({
        ...way.access(this.#options),
        ...limits,
        ...more,
        ...{ host, port, lazyConnect: true, enableReadyCheck: false, maxRetriesPerRequest: null },
      });
      client.on("error", () => {}); // what was asked rejects with it
      return client;
    }
  };
}

export function sentinelWay(
  name: string,
  sentinels: readonly Node[],
  access: { password?: string | undefined; tls?: ConnectionOptions | undefined },
): Way {
  const { password, tls } = access;
  return {
    guides: () => sentinels,
    access: () => ({ ...(password === undefined ? {} : { password }), ...(tls === undefined ? {} : { tls }) }),
    primary: true,
    async ask(sentinel) {
      const address = (await sentinel.call("SENTINEL", "get-master-addr-by-name", name)) as [string, string] | null;
      return address === null ? undefined : { host: address[0], port: Number(address[1]) };
    },
    news: {
      channel: "+switch-master",
      // `<name> <old ip> <old port> <new ip> <new port>`
      isOther(message, { host, port }) {
        const [about, , , newHost, newPort] = message.split(" ");
        return about === name && (newHost !== host || Number(newPort) !== port);
      },
    },
  };
}

/** Nodes remembered, the given one aside. */
const MAX_KNOWN = 32;

export function clusterWay(slotKey: string): Way {
  const known = new Map<string, Node>();
  return {
    guides: (given) => [given, ...known.values()],
    access: ({ username, password, tls }) => ({
      ...(username === undefined ? {} : { username }),
      ...(password === undefined ? {} : { password }),
      ...(tls === undefined ? {} : { tls }),
    }),
    primary: false,
    async ask(node, at) {
      const slot = await node.cluster("KEYSLOT", slotKey);
      let owner: Node | undefined;
      for (const [first, last, address] of await node.cluster("SLOTS")) {
        if (address === undefined) continue;
        const [host, port] = address;
        // An empty host is "the one you asked".
        const primary = { host: host === "" ? at.host : host, port };
        if (known.size < MAX_KNOWN) known.set(`${primary.host}:${port}`, primary);
        if (first <= slot && slot <= last) owner = primary;
      }
      return owner;
    },
  };
}
