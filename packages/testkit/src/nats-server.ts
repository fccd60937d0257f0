/** A real NATS server of its own for a test. `NATS_SERVER_BIN` names another binary than `nats-server`. */

import { connect as connectTcp } from "node:net";
import { join } from "node:path";
import type { NatsConnection } from "@nats-io/nats-core";
import { connect } from "@nats-io/transport-node";
import { processEnv } from "@rollcall/runtime";
import { type ServerHandle, startServer } from "./server-process.ts";

export interface NatsServerOptions {
  /** Default true. Its store survives restarts. */
  jetstream?: boolean;
  bin?: string;
  /** Default: a free one. */
  port?: number;
  /** Further arguments, for example `["-c", file]`. */
  args?: readonly string[];
}

export interface NatsServer extends ServerHandle {
  /** A plain connection to it, which outlasts outages; closed by whoever made it. */
  connect(): Promise<NatsConnection>;
}

export async function startNats(options: NatsServerOptions = {}): Promise<NatsServer> {
  const { jetstream = true, bin = processEnv().NATS_SERVER_BIN ?? "nats-server", port, args = [] } = options;
  const server = await startServer({
    name: "nats",
    ...(port === undefined ? {} : { port }),
    url: (at) => `nats://127.0.0.1:${at}`,
    command: (at, folder) => ({
      command: bin,
      args: [
        ...["-a", "127.0.0.1", "-p", String(at)],
        ...(jetstream ? ["-js", "-sd", join(folder, "store")] : []),
        ...args,
      ],
    }),
    answers: greets,
  });
  return Object.assign(server, {
    connect: () => connect({ servers: server.url, maxReconnectAttempts: -1 }),
  }) as NatsServer;
}

/** The server speaks first: INFO. It does so once JetStream is ready. */
function greets(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connectTcp(port, "127.0.0.1");
    const done = (good: boolean) => {
      socket.destroy();
      resolve(good);
    };
    socket.once("data", (data) => done(data.toString("latin1").startsWith("INFO ")));
    socket.once("error", () => done(false));
    socket.once("close", () => resolve(false));
  });
}
