/**
 * Socket.IO's parser with less surface: no binary, no packet types a client has no business with, no ack id that could
 * not be answered. What is thrown here closes the transport as malformed protocol.
 */

import { Decoder, Encoder, PacketType, protocol } from "socket.io-parser";

/** CONNECT, DISCONNECT, EVENT or ACK; a namespace; an ack id that stays exact as a number. */
const ACCEPTABLE = /^[0-3](?:\/[^,]{0,256},?)?(?:\d{1,15})?(?:[[{]|$)/;

class TextDecoder extends Decoder {
  override add(chunk: unknown): void {
    if (typeof chunk !== "string") throw new Error("binary packets are not accepted");
    if (!ACCEPTABLE.test(chunk)) throw new Error("not an acceptable packet");
    super.add(chunk);
  }
}

export const textParser = { Encoder, Decoder: TextDecoder, PacketType, protocol };
