/**
 * The only way in and out of fan-out. Version 1 places everything in cell `c0`, partition 0; callers must not know.
 */

export interface Place {
  cell: string;
  partition: number;
}

/** A place in the log: `id` is a Redis stream id, ordered within one (cell, partition). */
export interface Position extends Place {
  id: string;
}

/** Must give the same answer in every process of an installation, for ever. */
export interface Placement {
  cellOf(tenant: string): string;
  partitionOf(cell: string, namespace: string, target: string): number;
}

/** One logical message to everyone in `targets`, once per socket. */
export interface LogEntry {
  tenant: string;
  namespace: string;
  /** From `targets.ts` of contracts: at least one. */
  targets: readonly string[];
  /** Sockets in one of these get nothing. */
  except?: readonly string[];
  event: string;
  /** `[event,payload,meta]` as JSON text: encoded once, by whoever emits. */
  packetJson: string;
  /** `meta.id` */
  mid: string;
  traceparent?: string;
  /** Under back-pressure only the newest per (room, event, session) is kept. */
  volatile?: boolean;
}

/** Must have written the entry when it resolves; rejects with `UNAVAILABLE` when the log is away. Never buffers. */
export interface FanoutLog {
  append(at: Place, entry: LogEntry): Promise<Position>;
}

export interface ReceivedEntry extends LogEntry {
  position: Position;
  /** Milliseconds since the epoch at which Redis took it (from its id). */
  loggedAtMs: number;
}

export interface FollowHandlers {
  /** Asked before an entry is decoded: has anyone here to get it? False skips it. Default: all are wanted. */
  wants?(namespace: string, targets: readonly string[]): boolean;
  /** Called in log order, synchronously, at most once per position. Must not throw. */
  entry(entry: ReceivedEntry): void;
  /** After the last entry of a read, or of a part of a large one: flush what was gathered. */
  flush?(): void;
  /**
   * Asked when a read has been handed out: is so much gathered that one more read, which does not block, should come
   * before `flush`? Redis wakes a reader at the first entry of a burst; this joins the rest to it.
   */
  peek?(): boolean;
  /** Asked between the parts of a read: is the last flush still being written? Then the next part waits. */
  busy?(): boolean;
  /** Entries between these were lost to this reader. */
  gap(lost: { after: string; before: string }): void;
  /** The log began anew below our position (flush, restart with older data). */
  rewind(): void;
  /** The log can (`live`) or cannot (`stale`) be read. */
  health(state: "live" | "stale"): void;
}

export interface Subscription {
  position(): Position | undefined;
  close(): Promise<void>;
}

export interface FanoutSource {
  /**
   * Resolves once the position is pinned: what is appended from then on is handed out. Waits for a log that is away;
   * rejects only when `signal` aborts.
   */
  follow(at: Place, from: Position | "now", on: FollowHandlers, signal?: AbortSignal): Promise<Subscription>;
}

/** Which rooms this edge has members in; ref-counted. Version 1 does nothing with it. */
export interface Interest {
  retain(target: string): void;
  release(target: string): void;
}
