/** Who wants to hear which event. */

import { guarded, type Report } from "./readable.ts";
import type { EventTriple, Meta } from "./wire.ts";

export type Handler = (data: unknown, meta: Meta) => void;

export interface Handlers {
  /** The answer ends it. */
  on(event: string, handler: Handler): () => void;
  emit(event: EventTriple): void;
}

export function createHandlers(report: Report): Handlers {
  const byEvent = new Map<string, Set<Handler>>();
  return {
    on(event, handler) {
      const own: Handler = (data, meta) => handler(data, meta);
      const set = byEvent.get(event) ?? new Set();
      byEvent.set(event, set.add(own));
      return () => {
        set.delete(own);
        if (set.size === 0 && byEvent.get(event) === set) byEvent.delete(event);
      };
    },
    emit([event, data, meta]) {
      for (const handler of [...(byEvent.get(event) ?? [])]) guarded(report, handler, data, meta);
    },
  };
}

/** Remembers the newest `max` ids; true for one that is new. */
export function createSeen(max: number): (id: string) => boolean {
  const ids = new Set<string>();
  return (id) => {
    if (ids.has(id)) return false;
    ids.add(id);
    if (ids.size > max) ids.delete(ids.values().next().value as string);
    return true;
  };
}
