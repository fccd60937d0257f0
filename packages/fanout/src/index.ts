export { emitLua } from "./emit-lua.ts";
export { decodeEntry, encodeEntry, encodeHeartbeat, type Peeked, peekTargets } from "./entry.ts";
export { type CellKeys, keysOf } from "./keys.ts";
export { createFanoutLog, DEFAULT_MAX_LEN, type FanoutLogOptions } from "./log.ts";
export { MAX_PACKET_BYTES, MAX_PACKET_DEPTH } from "./packet-text.ts";
export { v1Placement } from "./placement.ts";
export type * from "./seam.ts";
export { createFanoutSource, type FanoutSourceOptions } from "./source.ts";
export { compareIds } from "./stream-id.ts";
