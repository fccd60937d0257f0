/**
 * Lets go of what engine.io and socket.io keep of a connection's HTTP request for as long as it lives: about 3 KB each,
 * and the token. Call it when everything of the handshake has been read.
 */

import type { Socket } from "socket.io";
import { type EngineConnection, portsOf, releaseRequest, replaceHandshake } from "./internals.ts";

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
  if (ports !== undefined) releaseRequest(conn, ports, secure);
}
