/** Ids of traces and spans. Telemetry is below the runtime, so randomness comes in here and nowhere else. */

import { randomFillSync } from "node:crypto";

/** One system call fills bytes for 170 roots. */
const pool = Buffer.alloc(4_096);
let used = pool.length;

function hex(bytes: number): string {
  if (used + bytes > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += bytes;
  // All zero is no id; it comes once in 2^64.
  const id = pool.toString("hex", used - bytes, used);
  return /^0+$/.test(id) ? hex(bytes) : id;
}

export const newTraceId = (): string => hex(16);
export const newSpanId = (): string => hex(8);
