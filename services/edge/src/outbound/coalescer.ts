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
  readonly key: string;
  roster?: Waiting;
  state?: Waiting;
  /** When this room's diffs may next go out unasked; on the monotonic clock. */
  openAtMs: number;
}

/** Rooms whose windows end within this part of a window share a turn. */
const TURNS_PER_WINDOW = 10;

export interface CoalescerOptions {
  clock: Clock;
  /** At most one diff of a kind per room and window. 0: merges within one read of the log only. */
  windowMs: number;
  /** `causes`: the trace contexts of the other parts of a merged diff. */
  deliver(entry: ReceivedEntry, causes: readonly string[]): void;
  /** What was delivered after a window, with no read of the log behind it, is to be written. */
  written(): void;
}

export class Coalescer {
  readonly #options: CoalescerOptions;
  readonly #rooms = new Map<string, Room>();
  /** Without a window yet: the first diffs of this read. */
  #fresh: Room[] = [];
  /** Within a window, in the order in which the windows end. */
  #closed: Room[] = [];
  #timer: Timer | undefined;

  constructor(options: CoalescerOptions) {
    this.#options = options;
  }

  /** Takes roster and state diffs; anything else is not its business: false. */
  take(key: string, entry: ReceivedEntry): boolean {
    const kind = KINDS[entry.event];
    if (kind === undefined) return false;
    const room = this.#rooms.get(key) ?? this.#begin(key);
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

  /** The end of a read of the log. */
  flush(): void {
    const fresh = this.#fresh;
    this.#fresh = [];
    this.#open(fresh, this.#options.clock.monotonic());
    this.#wait();
  }

  close(): void {
    this.#timer?.cancel();
    this.#rooms.clear();
    this.#fresh = [];
    this.#closed = [];
  }

  #begin(key: string): Room {
    const room: Room = { key, openAtMs: 0 };
    this.#rooms.set(key, room);
    this.#fresh.push(room);
    return room;
  }

  /** Sends what waits in these rooms; each that had something begins another window. */
  #open(rooms: readonly Room[], nowMs: number): void {
    const { windowMs } = this.#options;
    for (const room of rooms) {
      const isSilent = room.roster === undefined && room.state === undefined && room.openAtMs > 0;
      this.#send(room, "roster");
      this.#send(room, "state");
      if (isSilent || windowMs === 0) {
        this.#rooms.delete(room.key);
      } else {
        room.openAtMs = nowMs + windowMs;
        this.#closed.push(room);
      }
    }
  }

  #wait(): void {
    const [next] = this.#closed;
    if (next === undefined || this.#timer !== undefined) return;
    const { clock, windowMs, written } = this.#options;
    const dueMs = Math.max(next.openAtMs - clock.monotonic(), windowMs / TURNS_PER_WINDOW);
    this.#timer = clock.setTimer(dueMs, () => {
      this.#timer = undefined;
      const nowMs = clock.monotonic();
      const stillClosed = this.#closed.findIndex(({ openAtMs }) => openAtMs > nowMs);
      this.#open(this.#closed.splice(0, stillClosed < 0 ? this.#closed.length : stillClosed), nowMs);
      written();
      this.#wait();
    });
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
