/**
 * Merges the roster and state diffs of a room: the first goes out at once, those of the next window as one. Order within
 * a room stays: before any other event of the room, its waiting diffs are sent.
 */

import type { Meta, RosterDiff, StateDiff } from "@rollcall/contracts";
import type { ReceivedEntry } from "@rollcall/fanout";
import type { Clock, Timer } from "@rollcall/runtime";
import { areNeighbours, mergeRoster, mergeState } from "./merge.ts";

type Kind = "roster" | "state";
const KINDS: Readonly<Record<string, Kind>> = { "room:roster": "roster", "room:state": "state" };

/** Larger ones are not merged: an event has at most 128 KiB. */
const MAX_MERGED_BYTES = 64 * 1024;

interface Waiting {
  entry: ReceivedEntry;
  /** Parsed when there is something to merge with. */
  diff?: RosterDiff | StateDiff;
  bytes: number;
  causes: string[];
}

interface Room {
  roster?: Waiting;
  state?: Waiting;
  /** When this room's diffs may next go out unasked; on the monotonic clock. */
  openAtMs: number;
}

export interface CoalescerOptions {
  clock: Clock;
  /** At most one diff of a kind per room and window. 0: merges within one read of the log only. */
  windowMs: number;
  /** `causes`: the trace contexts of the other parts of a merged diff. */
  deliver(entry: ReceivedEntry, causes: readonly string[]): void;
}

export class Coalescer {
  readonly #options: CoalescerOptions;
  readonly #rooms = new Map<string, Room>();
  #timer: Timer | undefined;

  constructor(options: CoalescerOptions) {
    this.#options = options;
  }

  /** Takes roster and state diffs; anything else is not its business: false. */
  take(key: string, entry: ReceivedEntry): boolean {
    const kind = KINDS[entry.event];
    if (kind === undefined) return false;
    const room = this.#rooms.get(key) ?? { openAtMs: 0 };
    this.#rooms.set(key, room);
    const waiting = room[kind];
    if (waiting === undefined || !merge(kind, waiting, entry)) {
      this.#send(room, kind);
      room[kind] = { entry, bytes: Buffer.byteLength(entry.packetJson), causes: [] };
    }
    return true;
  }

  /** Something else of this room is about to be delivered. */
  settle(key: string): void {
    const room = this.#rooms.get(key);
    if (room === undefined) return;
    this.#send(room, "roster");
    this.#send(room, "state");
  }

  /** The end of a read of the log, or of a window. */
  flush(): void {
    const now = this.#options.clock.monotonic();
    for (const [key, room] of this.#rooms) {
      if (room.openAtMs > now) continue;
      if (room.roster === undefined && room.state === undefined) {
        this.#rooms.delete(key);
        continue;
      }
      this.settle(key);
      room.openAtMs = now + this.#options.windowMs;
    }
    if (this.#options.windowMs === 0) {
      this.#rooms.clear();
      return;
    }
    if (this.#rooms.size === 0 || this.#timer !== undefined) return;
    this.#timer = this.#options.clock.setTimer(this.#options.windowMs, () => {
      this.#timer = undefined;
      this.flush();
    });
  }

  close(): void {
    this.#timer?.cancel();
    this.#rooms.clear();
  }

  #send(room: Room, kind: Kind): void {
    const waiting = room[kind];
    if (waiting === undefined) return;
    delete room[kind];
    const { entry, diff, causes } = waiting;
    this.#options.deliver(diff === undefined ? entry : { ...entry, packetJson: encode(entry, diff) }, causes);
  }
}

/** False: they do not fit together, each goes by itself. */
function merge(kind: Kind, waiting: Waiting, entry: ReceivedEntry): boolean {
  const bytes = waiting.bytes + Buffer.byteLength(entry.packetJson);
  if (bytes > MAX_MERGED_BYTES) return false;
  const earlier = waiting.diff ?? payloadOf(waiting.entry);
  const later = payloadOf(entry);
  if (!areNeighbours(earlier, later)) return false;
  waiting.diff =
    kind === "roster"
      ? mergeRoster(earlier as RosterDiff, later as RosterDiff)
      : mergeState(earlier as StateDiff, later as StateDiff);
  if (waiting.entry.traceparent !== undefined) waiting.causes.push(waiting.entry.traceparent);
  waiting.entry = entry;
  waiting.bytes = bytes;
  return true;
}

type Packet = [name: string, payload: RosterDiff | StateDiff, meta: Meta];
const payloadOf = (entry: ReceivedEntry) => (JSON.parse(entry.packetJson) as Packet)[1];

/** Who caused it is true of single diffs only. */
function encode(last: ReceivedEntry, diff: RosterDiff | StateDiff): string {
  const [name, , { from: _, re: __, ...meta }] = JSON.parse(last.packetJson) as Packet;
  return JSON.stringify([name, diff, meta]);
}
