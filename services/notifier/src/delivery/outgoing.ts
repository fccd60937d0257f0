/** What is on its way to its audience, and what may come of it. Pure. */

import type { DurableRule } from "@rollcall/contracts";
import type { Audience } from "../routing/route.ts";

/** What is to be delivered, whether it came over a stream or by the `emit` request. */
export interface Outgoing {
  tenant: string;
  namespace: string;
  event: string;
  mid: string;
  /** `meta.ts`. */
  atMs: number;
  dataJson: string;
  audience: Audience;
  /** Goes into the room's history too, so presence gives it its number. */
  history: boolean;
  durable?: DurableTerms;
}

/** `fenced`: another reader has the source. `rewound`: the source must be read again first. */
export type DeliveryOutcome = "emitted" | "repeat" | "accepted" | "fenced" | "rewound";

/** What the contract and the event say about its durability. */
export interface DurableTerms {
  expiresAtMs: number;
  fallbackAfterMs?: number;
  collapseKey?: string;
  /** Identity as its publisher knows it. */
  origin?: { id: string; source: string };
  source?: { name: string; sequence: number; reread: boolean };
}

/** `fromMs`: when its ttl began to run. */
export function durableTerms(rule: DurableRule, data: unknown, fromMs: number): DurableTerms {
  const collapseKey = rule.collapse?.(data);
  return {
    expiresAtMs: fromMs + rule.ttlMs,
    ...(rule.fallback === undefined ? {} : { fallbackAfterMs: rule.fallback.afterMs }),
    ...(collapseKey === undefined ? {} : { collapseKey }),
  };
}
