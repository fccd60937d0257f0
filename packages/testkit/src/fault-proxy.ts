/**
 * A TCP proxy that does to a connection what networks do: delay it, cut it, or let it go silent without a word.
 * Nothing is lost or reordered by it except by `cut`: after `heal` a silent connection goes on as after a partition.
 */

import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { systemClock } from "@rollcall/runtime";

export interface FaultProxy extends AsyncDisposable {
  /** The target's URL with this proxy's address in its place. */
  readonly url: string;
  readonly port: number;
  /** Open connections. */
  connections(): number;
  /** Delays every chunk, each way. 0 ends it. */
  latency(ms: number): void;
  /** Resets all connections and refuses new ones. */
  cut(): void;
  /** Nothing passes any more, nothing is closed; new connections are accepted and stay silent. */
  halfOpen(): void;
  /** Resets all connections once; new ones work. */
  reset(): void;
  /** Ends every fault. */
  heal(): void;
  close(): Promise<void>;
}

interface Pair {
  client: Socket;
  upstream: Socket;
}

/** Chunks held by latency in one direction before the sender is told to wait. */
const MAX_HELD_CHUNKS = 256;

export async function faultProxy(targetUrl: string): Promise<FaultProxy> {
  const target = new URL(targetUrl);
  const targetPort = Number(target.port);
  const pairs = new Set<Pair>();
  let delayMs = 0;
  let silent = false;
  let refusing = false;

  /** One direction. With latency, chunks keep their order: each waits for the one before. */
  function forward(from: Socket, to: Socket): void {
    let held = 0;
    let last = Promise.resolve();
    from.on("data", (chunk) => {
      const write = () => {
        if (!to.destroyed && !to.write(chunk)) {
          from.pause();
          to.once("drain", () => silent || from.resume());
        }
      };
      if (delayMs === 0 && held === 0) {
        write();
        return;
      }
      held++;
      if (held >= MAX_HELD_CHUNKS) from.pause();
      const due = systemClock.sleep(delayMs);
      last = last.then(async () => {
        await due;
        write();
        held--;
        if (held < MAX_HELD_CHUNKS && !silent) from.resume();
      });
    });
    from.on("end", () => void last.then(() => to.end()));
    from.on("error", () => to.destroy());
    from.on("close", () => void last.then(() => to.destroy()));
  }

  function accept(client: Socket): void {
    if (refusing) {
      client.resetAndDestroy();
      return;
    }
    const upstream = connect(targetPort, target.hostname);
    const pair = { client, upstream };
    pairs.add(pair);
    client.setNoDelay(true);
    upstream.setNoDelay(true);
    forward(client, upstream);
    forward(upstream, client);
    client.once("close", () => pairs.delete(pair));
    if (silent) hush(pair);
  }

  const hush = ({ client, upstream }: Pair) => {
    client.pause();
    upstream.pause();
  };
  const wake = ({ client, upstream }: Pair) => {
    client.resume();
    upstream.resume();
  };
  const reset = () => {
    for (const { client, upstream } of pairs) {
      client.resetAndDestroy();
      upstream.destroy();
    }
  };

  const server: Server = createServer(accept);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  const url = new URL(targetUrl);
  url.hostname = "127.0.0.1";
  url.port = String(port);

  const proxy: FaultProxy = {
    url: url.href.replace(/\/$/, ""),
    port,
    connections: () => pairs.size,
    latency(ms) {
      delayMs = ms;
    },
    cut() {
      refusing = true;
      reset();
    },
    halfOpen() {
      silent = true;
      for (const pair of pairs) hush(pair);
    },
    reset,
    heal() {
      delayMs = 0;
      refusing = false;
      silent = false;
      for (const pair of pairs) wake(pair);
    },
    async close() {
      refusing = true;
      reset();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
    [Symbol.asyncDispose]: () => proxy.close(),
  };
  return proxy;
}
