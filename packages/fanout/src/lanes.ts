/**
 * Writes to connections: frames gathered per connection since the last flush become one write, past engine.io where
 * that keeps the order, and in slices, so that a burst to 10,000 connections never holds the event loop for long.
 *
 * W1 frames reach a connection in the order they were appended, and in order with every packet of engine.io.
 * W2 bytes held for a connection are bounded: above the soft limit its owner is told (and again when it is over),
 *    above the hard limit it gets nothing more and its owner closes it.
 * W3 a congested connection is written to in pieces of at least `pieceBytes`, so that its overhead is bounded too, and
 *    of each volatile key it keeps the newest frame only.
 * W4 nothing is written before `flush`, except what must go before a packet of engine.io.
 */

import type { Clock } from "@rollcall/runtime";
import { type Frame, packetTextOf } from "./frame.ts";
import {
  type EngineConnection,
  isWritable,
  offPacketCreate,
  onPacketCreate,
  type Packet,
  type Ports,
  portsOf,
  stateOf,
  writeEncoded,
  writeNow,
} from "./internals.ts";
import { Lane } from "./lane.ts";
import type { LaneLimits } from "./lane-limits.ts";
import { type Sequence, Sequences } from "./sequence.ts";

export interface LaneEvents {
  pressure(lane: Lane): void;
  relief(lane: Lane): void;
  slow(lane: Lane): void;
  /** Frames that will not be written. */
  dropped(reason: "volatile" | "slow", frames: number): void;
}

/** Connections written to between two looks at the clock. */
const LANES_PER_LOOK = 25;

/** The lane of a connection: one listener serves all of them. */
const LANE = Symbol("rollcall.lane");
type WithLane = EngineConnection & { [LANE]?: Lane };

export class Lanes {
  readonly #clock: Clock;
  readonly #limits: LaneLimits;
  readonly #events: LaneEvents;
  readonly #sequences = new Sequences();
  readonly #congested = new Set<Lane>();
  readonly #onPacketCreate: (this: EngineConnection, packet: Packet) => void;
  #dirty: Lane[] = [];
  #written = 0;
  #isFlushing = false;
  #isFlushDue = false;

  constructor(clock: Clock, limits: LaneLimits, events: LaneEvents) {
    this.#clock = clock;
    this.#limits = limits;
    this.#events = events;
    const lanes = this;
    this.#onPacketCreate = function (packet) {
      const lane = (this as WithLane)[LANE];
      if (lane !== undefined) lanes.#beforePacket(lane, packet);
    };
  }

  /** The connection's lane, made at the first call. */
  open(conn: EngineConnection): Lane {
    const held = conn as WithLane;
    if (held[LANE] !== undefined) return held[LANE];
    const lane = new Lane(conn, portsOf(conn));
    held[LANE] = lane;
    onPacketCreate(conn, this.#onPacketCreate);
    return lane;
  }

  /** Forgets the connection and what waits for it. Idempotent. */
  close(lane: Lane): void {
    offPacketCreate(lane.conn, this.#onPacketCreate);
    delete (lane.conn as WithLane)[LANE];
    this.#abandon(lane);
  }

  append(lane: Lane, frame: Frame): void {
    if (lane.isClosed) return;
    lane.pending = this.#sequences.after(lane.pending, frame);
    if (!lane.isDirty) {
      lane.isDirty = true;
      this.#dirty.push(lane);
    }
  }

  /** On a congested connection only the newest frame of a key is kept, until it moves again. */
  appendVolatile(lane: Lane, frame: Frame, key: string): void {
    if (lane.awaited === 0) this.append(lane, frame);
    else if (!lane.isClosed) this.#keepNewest(lane, frame, key);
  }

  /** How many connections wait for a flush. */
  get dirty(): number {
    return this.#dirty.length - this.#written;
  }

  /** The last flush is not over. */
  get isFlushing(): boolean {
    return this.#isFlushing;
  }

  /** Bytes held for congested connections. */
  bufferedBytes(): number {
    let bytes = 0;
    for (const lane of this.#congested) bytes += lane.queuedBytes;
    return bytes;
  }

  /** Writes the first slice now, the others in the following turns. */
  flush(): void {
    if (!this.#isFlushing) this.#writeSlice();
  }

  /** In the next turn, unless `flush` comes first. */
  flushSoon(): void {
    if (this.#isFlushDue) return;
    this.#isFlushDue = true;
    this.#clock.immediate(() => {
      this.#isFlushDue = false;
      this.flush();
    });
  }

  #writeSlice(): void {
    const end = Math.min(this.#written + this.#limits.sliceLanes, this.#dirty.length);
    const untilMs = this.#clock.monotonic() + this.#limits.sliceMs;
    while (this.#written < end) {
      if (this.#written % LANES_PER_LOOK === 0 && this.#clock.monotonic() > untilMs) break;
      const lane = this.#dirty[this.#written++]!;
      lane.isDirty = false;
      if (lane.pending !== undefined) this.#write(lane, false);
    }
    this.#isFlushing = this.#written < this.#dirty.length;
    if (this.#isFlushing) {
      this.#clock.immediate(() => this.#writeSlice());
      return;
    }
    this.#dirty = [];
    this.#written = 0;
    this.#sequences.reset();
  }

  /** `mustGo`: something later is about to be written, so this may not wait for the network. */
  #write(lane: Lane, mustGo: boolean): void {
    if (lane.pending === undefined || lane.isClosed) return;
    if (lane.ports === undefined) this.#writeThroughEngine(lane, lane.pending);
    else this.#writePastEngine(lane, lane.ports, lane.pending, mustGo);
  }

  #writePastEngine(lane: Lane, ports: Ports, pending: Sequence, mustGo: boolean): void {
    const state = lane.isClean && isWritable(ports) ? "open" : stateOf(lane.conn, ports);
    if (state === "gone") {
      lane.pending = undefined;
      return;
    }
    if (state === "open") {
      lane.isClean = true;
      lane.engineBytes = 0;
    }
    const queued = lane.writtenBytes;
    if (queued + pending.bytes > this.#limits.hardBytes) {
      this.#tooSlow(lane);
    } else if (state === "open" && queued <= this.#limits.congestedBytes) {
      lane.pending = undefined;
      if (queued === 0) this.#writeNow(lane, ports, pending);
      else ports.tcp.write(pending.joined());
      if (lane.isPressed) this.#measure(lane);
    } else {
      const isDue = mustGo || lane.awaited === 0 || pending.bytes >= this.#limits.pieceBytes;
      if (isDue) this.#writeAwaited(lane, ports, pending, state);
      this.#measure(lane);
    }
  }

  #writeNow(lane: Lane, ports: Ports, pending: Sequence): void {
    const rest = writeNow(ports, pending.joined());
    if (rest === undefined) return;
    lane.restBytes = pending.bytes;
    lane.awaited++;
    this.#congested.add(lane);
    rest.oncomplete = () => {
      lane.restBytes = 0;
      this.#onWritten(lane);
    };
  }

  /** Behind what engine.io holds, when it holds anything, else into the TCP queue. */
  #writeAwaited(lane: Lane, ports: Ports, pending: Sequence, state: "open" | "queued"): void {
    lane.pending = undefined;
    lane.awaited++;
    this.#congested.add(lane);
    const written = () => this.#onWritten(lane);
    if (state === "open") {
      ports.tcp.write(pending.joined(), written);
    } else {
      lane.engineBytes += pending.bytes;
      lane.isWriting = true;
      writeEncoded(lane.conn, pending.joined(), written);
      lane.isWriting = false;
    }
  }

  /** Stock behaviour: a packet each. */
  #writeThroughEngine(lane: Lane, pending: Sequence): void {
    const { conn } = lane;
    if (conn.writeBuffer.length === 0) lane.engineBytes = 0;
    if (lane.engineBytes + pending.bytes > this.#limits.hardBytes) {
      this.#tooSlow(lane);
      return;
    }
    lane.pending = undefined;
    if (conn.readyState !== "open") return;
    lane.engineBytes += pending.bytes;
    lane.isWriting = true;
    for (const frame of pending.frames()) conn.write(packetTextOf(frame), { compress: false });
    lane.isWriting = false;
    this.#measure(lane);
  }

  #onWritten(lane: Lane): void {
    lane.awaited--;
    if (lane.isClosed) return;
    if (lane.awaited === 0) {
      this.#congested.delete(lane);
      this.#releaseVolatile(lane);
    }
    if (lane.pending !== undefined) this.#write(lane, false);
    this.#measure(lane);
  }

  #keepNewest(lane: Lane, frame: Frame, key: string): void {
    lane.volatile ??= new Map();
    const older = lane.volatile.get(key);
    if (older !== undefined) {
      lane.volatile.delete(key); // the newest goes last
      lane.volatileBytes -= older.buffer.length;
      this.#events.dropped("volatile", 1);
    }
    if (lane.queuedBytes + frame.buffer.length > this.#limits.softBytes) {
      this.#events.dropped("volatile", 1);
      return;
    }
    lane.volatile.set(key, frame);
    lane.volatileBytes += frame.buffer.length;
  }

  #releaseVolatile(lane: Lane): void {
    const held = lane.volatile;
    if (held === undefined) return;
    lane.volatile = undefined;
    lane.volatileBytes = 0;
    for (const frame of held.values()) lane.pending = this.#sequences.after(lane.pending, frame);
  }

  /** engine.io is about to queue a packet: what was appended before it goes before it. */
  #beforePacket(lane: Lane, packet: Packet): void {
    if (lane.isWriting || lane.isClosed) return;
    if (lane.pending !== undefined) this.#write(lane, true);
    lane.isClean = false; // after that write, which may have found the queue empty: now something goes into it
    if (lane.conn.writeBuffer.length === 0) lane.engineBytes = 0;
    lane.engineBytes += packet.data?.length ?? 0;
    if (lane.engineBytes > this.#limits.pieceBytes) this.#measure(lane);
  }

  /** Tells the owner when the connection crosses a limit. */
  #measure(lane: Lane): void {
    if (lane.isClosed) return;
    const bytes = lane.queuedBytes;
    if (bytes > this.#limits.hardBytes) this.#tooSlow(lane);
    else if (lane.isPressed) this.#relieve(lane);
    else if (bytes > this.#limits.softBytes) this.#lookAgain(lane);
  }

  /**
   * A burst of answers in one turn is no congestion: what still waits after a while is. And a pressed connection may
   * have nothing more to write, so its relief cannot wait for a write either.
   */
  #lookAgain(lane: Lane): void {
    if (lane.isWatched) return;
    lane.isWatched = true;
    this.#clock.setTimer(this.#limits.settleMs, () => {
      lane.isWatched = false;
      if (lane.isClosed) return;
      if (lane.conn.writeBuffer.length === 0) lane.engineBytes = 0;
      if (!lane.isPressed && lane.queuedBytes > this.#limits.softBytes) {
        lane.isPressed = true;
        this.#events.pressure(lane);
      }
      if (lane.isPressed) this.#relieve(lane);
      if (lane.isPressed && !lane.isClosed) this.#lookAgain(lane);
    });
  }

  #relieve(lane: Lane): void {
    if (lane.queuedBytes > this.#limits.softBytes / 2) return;
    lane.isPressed = false;
    this.#events.relief(lane);
  }

  #tooSlow(lane: Lane): void {
    this.#events.dropped("slow", (lane.pending?.length ?? 0) + (lane.volatile?.size ?? 0));
    this.#abandon(lane);
    this.#events.slow(lane);
  }

  #abandon(lane: Lane): void {
    lane.isClosed = true;
    lane.pending = undefined;
    lane.volatile = undefined;
    lane.volatileBytes = 0;
    this.#congested.delete(lane);
  }
}
