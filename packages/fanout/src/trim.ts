/**
 * Lets go of what engine.io and socket.io keep of a connection's HTTP request for as long as it lives: about 3 KB each,
 * and the token. Call it when everything of the handshake has been read.
 */

import type { Socket } from "socket.io";
import { type EngineConnection, portsOf, releaseRequest, replaceHandshake } from "./internals.ts";

const NOTHING = Object.freeze({});

/** Afterwards `socket.handshake` tells the address and when it was issued; nothing else of the request is left. */
export function trimConnection(socket: Socket): void {
  const conn = socket.conn as unknown as EngineConnection;
  const { address, issued, time, secure } = socket.handshake;
  const kept = { address, issued, time, secure };
  replaceHandshake(socket, { ...kept, headers: NOTHING, query: NOTHING, auth: NOTHING, url: "", xdomain: false });
  const ports = portsOf(conn);
  if (ports !== undefined) releaseRequest(conn, ports, secure);
}
