/** What reaches them. */

import { type Control, fanout } from "./control.ts";

const LANES = "lanes.test.ts";
const LANE_LIMITS = "lane-limits.test.ts";
const WRITE_NOW = "write-now.test.ts";
const CURSOR = "log-cursor.test.ts";

export const DELIVERY: readonly Control[] = [
  fanout(
    "bytes held for a connection",
    "lanes.ts",
    "queued + pending.bytes > this.#limits.hardBytes",
    "false",
    LANE_LIMITS,
  ),
  fanout(
    "packets of engine.io count",
    "lanes.ts",
    "if (lane.engineBytes > this.#limits.pieceBytes) this.#measure(lane);",
    "",
    LANE_LIMITS,
  ),
  fanout(
    "volatile frames are bounded",
    "lanes.ts",
    "lane.queuedBytes + frame.buffer.length > this.#limits.softBytes",
    "false",
    LANE_LIMITS,
  ),
  fanout("what the network did not take counts as held", "lanes.ts", "lane.restBytes = pending.bytes;", "", WRITE_NOW),
  fanout(
    "nothing goes past what waits in the stream",
    "lanes.ts",
    "if (queued === 0) this.#writeNow",
    "if (true) this.#writeNow",
    WRITE_NOW,
  ),
  fanout(
    "nothing goes past TLS",
    "internals.ts",
    'handle?.constructor.name === "TCP"',
    "handle !== undefined",
    WRITE_NOW,
  ),
  fanout(
    "flushes are sliced",
    "lanes.ts",
    "Math.min(this.#written + this.#limits.sliceLanes, this.#dirty.length)",
    "this.#dirty.length",
    LANES,
  ),
  fanout(
    "poison is recognised",
    "entry.ts",
    "if (!isSoundPacket(packetJson, event)) return undefined;",
    "",
    "entry.test.ts",
  ),
  fanout("only broadcasts are entries", "entry.ts", ' || fields[5] !== "3"', "", "entry.test.ts"),
  fanout(
    "what was trimmed is told",
    "log-cursor.ts",
    "compareIds(oldest, position) > 0 && trimmed > (cursor.index ?? 0)",
    "trimmed < 0",
    CURSOR,
  ),
  fanout(
    "a log made anew is told",
    "log-cursor.ts",
    "if (cursor.otherRun || isAnother) {",
    "if (cursor.otherRun) {",
    CURSOR,
  ),
  fanout(
    "a log that went back is read on",
    "log-cursor.ts",
    "if (compareIds(info.lastId, position) < 0) {",
    'if (info.lastId === "") {',
    CURSOR,
  ),
  fanout("deafness is noticed", "log-cursor.ts", "if (isDeaf(cursor, info)) {", "if (cursor.index === -1) {", CURSOR),
  fanout(
    "who never answers a ping is lost",
    "pings.ts",
    "if (this.#actions.isAwaited(seat)) return; // G2",
    "",
    "pings.test.ts",
  ),
  fanout(
    "no id reaches into the next part of a key",
    "keys.ts",
    "const part = encodeSubjectToken;",
    "const part = (text: string) => text;",
    "keys.test.ts",
  ),
];
