/**
 * One reply answers a whole batch, and NATS takes 1 MiB. An ack has at least one item of each stream, however large, and
 * an opened session all its rooms, so a full batch may come to more. A reply that cannot be sent would be asked for again,
 * for ever, and nothing of its edge would be answered any more.
 */

import { RollcallError } from "@rollcall/contracts";
import type { LaneResult } from "@rollcall/contracts/internal";

/** Below the usual `max_payload` of NATS (1 MiB), wrapping included. */
export const MAX_REPLY_BYTES = 960 * 1024;
/** No ack is larger: so few of them need not be measured. */
const MAX_ACK_BYTES = 128 * 1024;
/** For each result to come: what is small, and refusals. */
const RESERVED_BYTES = 256;
const LATER_MS = 200;

/** Asked before anything is given up: a storm's acks are many, and small. */
export function fitsReply(results: readonly LaneResult[]): boolean {
  if (results.length * MAX_ACK_BYTES <= MAX_REPLY_BYTES) return true;
  let left = MAX_REPLY_BYTES;
  return results.every((result) => {
    left -= Buffer.byteLength(JSON.stringify(result)) + 1;
    return left > 0;
  });
}

/** What does not fit was done all the same: who asked asks again, and is then in a smaller batch. */
export function withinReply(results: readonly LaneResult[]): LaneResult[] {
  let left = MAX_REPLY_BYTES - results.length * RESERVED_BYTES;
  return results.map((result) => {
    const own = Buffer.byteLength(JSON.stringify(result));
    if (own <= RESERVED_BYTES) return result;
    if (own <= left || !isRepeatable(result)) {
      left -= own;
      return result;
    }
    return { n: result.n, ok: false, error: new RollcallError("UNAVAILABLE", { retryAfterMs: LATER_MS }).toWire() };
  });
}

const isRepeatable = (result: LaneResult) => result.ok && (result.data.op === "join" || result.data.op === "open");
