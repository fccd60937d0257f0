/**
 * The low-water mark of a source: the lowest sequence that is not yet final, kept in JetStream KV, outside the Redis it
 * guards. When the durable Redis forgot something, the source is read again from there: repeats, never loss.
 */

import type { KV } from "@nats-io/kv";
import { RollcallError } from "@rollcall/contracts";

export interface WaterMark {
  /** When the stream was made: a sequence means nothing in another life of it. */
  created: string;
  sequence: number;
}

export interface LowWater {
  load(source: string): Promise<WaterMark | undefined>;
  /** Writes when it changed. Rejects with `UNAVAILABLE`; the old mark is lower, so safe. */
  save(source: string, mark: WaterMark): Promise<void>;
}

export function createLowWater(kv: KV): LowWater {
  const saved = new Map<string, string>();
  return {
    async load(source) {
      try {
        return (await kv.get(source))?.json<WaterMark>();
      } catch (cause) {
        throw new RollcallError("UNAVAILABLE", { cause });
      }
    },
    async save(source, mark) {
      const text = JSON.stringify(mark);
      if (saved.get(source) === text) return;
      try {
        await kv.put(source, text);
        saved.set(source, text);
      } catch (cause) {
        throw new RollcallError("UNAVAILABLE", { cause });
      }
    },
  };
}
