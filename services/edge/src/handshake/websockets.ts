/** The websocket server under engine.io, with bounds that it does not pass on by itself. */

import { type ServerOptions, WebSocketServer } from "ws";

/** A peer that does not answer our close is cut off: what waits for it must not stay. */
const CLOSE_TIMEOUT_MS = 2_000;
/** Of one message. No client of ours fragments at all. */
const MAX_FRAGMENTS = 64;
/** Pieces of one frame that have arrived and wait for the rest. */
const MAX_BUFFERED_CHUNKS = 4_096;

export class BoundedWebSockets extends WebSocketServer {
  constructor(options: ServerOptions) {
    const bounds = {
      closeTimeout: CLOSE_TIMEOUT_MS,
      maxFragments: MAX_FRAGMENTS,
      maxBufferedChunks: MAX_BUFFERED_CHUNKS,
    };
    super({ ...options, ...bounds });
  }
}
