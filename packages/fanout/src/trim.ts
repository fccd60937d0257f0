/**
 * Lets go of what engine.io and socket.io keep for as long as a connection lives: of its HTTP request about 3 KB, and
 * the token; and as much again that is empty, or larger than what is in it. Call it when everything of the handshake has
 * been read and the socket has its listeners: each that comes later makes its table grow again.
 */

import type { Socket } from "socket.io";
import { compact, type EngineConnection, portsOf, releaseRequest, replaceHandshake } from "./internals.ts";

const NOTHING = Object.freeze({});
/** One for all. */
const handshakes = [false, true].map((secure) =>
  Object.freeze({
    ...{ headers: NOTHING, query: NOTHING, auth: NOTHING, url: "", address: "", time: "", issued: 0 },
    ...{ xdomain: false, secure },
  }),
);

/** Afterwards `socket.handshake` tells whether the way was secure, and nothing else. */
export function trimConnection(socket: Socket): void {
  const conn = socket.conn as unknown as EngineConnection;
  const { secure } = socket.handshake;
  replaceHandshake(socket, handshakes[secure ? 1 : 0]!);
  const ports = portsOf(conn);
  if (ports === undefined) return;
  releaseRequest(conn, ports, secure);
  compact(socket, conn, ports);
}
