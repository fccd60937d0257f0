/**
 * One message as it goes onto every socket: a whole WebSocket frame in one Buffer, made once. The payload is Engine.IO
 * `message` (4) of Socket.IO `EVENT` (2), with the namespace unless it is `/`.
 */

const TEXT_FRAME = 0x81;

export interface Frame {
  readonly buffer: Buffer;
  /** Where the payload begins. */
  readonly offset: number;
}

/** `packetJson` is `[event,payload,meta]`. */
export function frameOf(namespace: string, packetJson: string): Frame {
  const text = `42${namespace === "/" ? "" : `${namespace},`}${packetJson}`;
  const bytes = Buffer.byteLength(text);
  const offset = bytes < 126 ? 2 : bytes < 65_536 ? 4 : 10;
  const buffer = Buffer.allocUnsafe(offset + bytes);
  buffer[0] = TEXT_FRAME;
  if (offset === 2) {
    buffer[1] = bytes;
  } else if (offset === 4) {
    buffer[1] = 126;
    buffer.writeUInt16BE(bytes, 2);
  } else {
    buffer[1] = 127;
    buffer.writeUInt32BE(0, 2);
    buffer.writeUInt32BE(bytes, 6);
  }
  buffer.write(text, offset);
  return { buffer, offset };
}

/** The Socket.IO packet in it, for a connection that must go through engine.io. */
export const packetTextOf = (frame: Frame): string => frame.buffer.toString("utf8", frame.offset + 1);

/** Engine.IO `ping` (2). Never goes through engine.io: it is no Socket.IO packet. */
export const PING_FRAME: Frame = { buffer: Buffer.of(TEXT_FRAME, 1, 0x32), offset: 2 };
