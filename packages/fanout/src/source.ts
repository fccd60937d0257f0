/**
 * The way out: follows a log for as long as the process lives. `log-cursor.ts` decides, this carries out: one
 * connection that blocks, one that writes heartbeats, and handing out in runs too short to hold up the event loop.
 * Every failure ends in a bounded pause and another try; nothing here spins, waits for ever, or stops for good.
 */

import { LogReader, type LogReaderOptions } from "./log-reader.ts";
import type { FanoutSource, FollowHandlers, Place, Position, Subscription } from "./seam.ts";

export type FanoutSourceOptions = LogReaderOptions;

export function createFanoutSource(options: FanoutSourceOptions): FanoutSource {
  return {
    async follow(at: Place, from: Position | "now", on: FollowHandlers, signal?: AbortSignal): Promise<Subscription> {
      const reader = new LogReader(options, at, from === "now" ? undefined : from.id, on);
      try {
        await reader.pinned(signal);
      } catch (error) {
        await reader.close();
        throw error;
      }
      return { position: () => reader.position(), close: () => reader.close() };
    },
  };
}
