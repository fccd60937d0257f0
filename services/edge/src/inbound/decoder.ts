/**
 * Socket.IO's parser with less surface: no binary, no packet types a client has no business with, no ack id that could
 * not be answered, and no more packets than a connection may send at all. What is thrown here closes the transport.
 */

import type { Clock } from "@rollcall/runtime";
import { type Bucket, type BucketRule, newBucket, take } from "@rollcall/runtime";
import { Decoder, Encoder, PacketType, protocol } from "socket.io-parser";

/** CONNECT, DISCONNECT, EVENT or ACK; a namespace; an ack id that stays exact as a number. */
const ACCEPTABLE = /^[0-3](?:\/[^,]{0,256},?)?(?:\d{1,15})?(?:[[{]|$)/;
/** A packet of so many characters counts as two. */
const CHARS_PER_PACKET = 512;

/** Sustained abuse of a connection, as against a malformed packet. */
export class FloodError extends Error {}

export function textParser(clock: Clock, rule: BucketRule) {
  class TextDecoder extends Decoder {
    readonly #budget: Bucket = newBucket(rule, clock.monotonic());

    override add(chunk: unknown): void {
      if (typeof chunk !== "string") throw new Error("binary packets are not accepted");
      // Before it is parsed: refusing must cost less than sending.
      const cost = 1 + chunk.length / CHARS_PER_PACKET;
      if (take(this.#budget, rule, clock.monotonic(), cost) > 0) throw new FloodError("too many packets");
      if (!ACCEPTABLE.test(chunk)) throw new Error("not an acceptable packet");
      super.add(chunk);
    }
  }
  return { Encoder, Decoder: TextDecoder, PacketType, protocol };
}
