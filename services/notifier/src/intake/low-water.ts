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

/**
 * What the mark says in a stream, or undefined when it says nothing there: another life of it, or one that was restored
 * from a backup and has not come as far yet. To begin at the mark would then skip what is published until it has.
 */
export function markIn(stream: { created: string; last: number }, mark: WaterMark | undefined): number | undefined {
  return mark?.created === stream.created && mark.sequence <= stream.last + 1 ? mark.sequence : undefined;
}

export interface LowWater {
  load(source: string): Promise<WaterMark | undefined>;
  /** Writes when it changed. Rejects with `UNAVAILABLE`; the old mark is lower, so safe. */
  save(source: string, mark: WaterMark): Promise<void>;
}

/** `found`: whether its bucket is still there. It makes it anew where that is allowed, else rejects with what is missing. */
export function createLowWater(kv: KV, found: () => Promise<void>): LowWater {
  const saved = new Map<string, string>();

  /** What is not there does not answer, which says nothing: whoever reads of it is told what is missing. */
  const unavailable = async (cause: unknown): Promise<RollcallError> => {
    saved.clear(); // a bucket that was made anew is empty
    const why = await found().then(
      () => cause,
      (missing: unknown) => missing,
    );
    return new RollcallError("UNAVAILABLE", { cause: why });
  };
  return {
    async load(source) {
      try {
        return (await kv.get(source))?.json<WaterMark>();
      } catch (cause) {
        throw await unavailable(cause);
      }
    },
    async save(source, mark) {
      const text = JSON.stringify(mark);
      if (saved.get(source) === text) return;
      try {
        await kv.put(source, text);
        saved.set(source, text);
      } catch (cause) {
        throw await unavailable(cause);
      }
    },
  };
}
