/** One connection as the delivery sees it: what waits for it, and what is known of its writing side. */

import type { Frame } from "./frame.ts";
import type { EngineConnection, Ports } from "./internals.ts";
import type { Seat } from "./pings.ts";
import type { Sequence } from "./sequence.ts";

export class Lane {
  readonly conn: EngineConnection;
  /** Undefined: served through engine.io. */
  readonly ports: Ports | undefined;
  /** Not yet handed over. */
  pending: Sequence | undefined;
  /** In the list of what the next flush writes. */
  isDirty = false;
  /** Nothing went through engine.io since the last full check. */
  isClean = false;
  /** We are writing through engine.io: its announcement is of our own packet. */
  isWriting = false;
  /** Writes that tell when the network took them. While there are any the connection is *congested*. */
  awaited = 0;
  /** Bytes engine.io may hold, at most. */
  engineBytes = 0;
  /** Bytes under the TCP socket, which does not count them: what the network did not take at once. */
  restBytes = 0;
  /** Above the soft limit, and told so. */
  isPressed = false;
  /** Looked at again soon. */
  isWatched = false;
  /** Above the hard limit, or detached: takes nothing more. */
  isClosed = false;
  /** The newest volatile frame per key, while congested. */
  volatile: Map<string, Frame> | undefined;
  volatileBytes = 0;
  /** Its place in the ping wheel; none: engine.io pings it. */
  seat: Seat<Lane> | undefined;

  constructor(conn: EngineConnection, ports: Ports | undefined) {
    this.conn = conn;
    this.ports = ports;
  }

  /** Of what was written, bytes that are still on our side of the network. */
  get writtenBytes(): number {
    return (this.ports?.tcp.writableLength ?? 0) + this.engineBytes + this.restBytes;
  }

  /** Bytes on our side of the network. */
  get queuedBytes(): number {
    return this.writtenBytes + (this.pending?.bytes ?? 0) + this.volatileBytes;
  }
}
