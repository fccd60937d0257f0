/** The packet of an event: `[event,payload,meta]` as JSON text, encoded once for everyone. Pure. */

import type { Meta } from "@rollcall/contracts";
import { MAX_PACKET_BYTES } from "@rollcall/fanout";

/** What `meta` may take at most: ids, stamps, a room, an inbox position and a traceparent. Bytes. */
const META_RESERVE = 1024;

export function encodePacket(event: string, dataJson: string, meta: Meta): string {
  return `[${JSON.stringify(event)},${dataJson},${JSON.stringify(meta)}]`;
}

/** Decided before the event is accepted, whatever its `meta` will be: so the same at every delivery. */
export function fitsOnWire(event: string, dataJson: string): boolean {
  return Buffer.byteLength(dataJson) + event.length + META_RESERVE <= MAX_PACKET_BYTES;
}

export const isoTime = (ms: number): string => new Date(ms).toISOString();
