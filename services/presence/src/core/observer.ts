/**
 * Whether this process may judge others. O1: a round is skipped while the event loop or the last answer of Redis was
 * later than a quarter of the lease. O2: it asks for the brake when its Redis or NATS was away within the last lease.
 * O3: time counts towards the brake's end only while both are well.
 */

export interface Observer {
  /** Monotonic ms at which the last outage was seen to last. */
  readonly awayAtMs: number | undefined;
  /** How long Redis took to answer last. */
  readonly roundTripMs: number;
}

export type ObserverEvent =
  | { kind: "look"; redisUp: boolean; natsUp: boolean }
  | { kind: "answered"; roundTripMs: number };

export const newObserver: Observer = { awayAtMs: undefined, roundTripMs: 0 };

export function observe(observer: Observer, event: ObserverEvent, nowMs: number): Observer {
  if (event.kind === "answered") return { ...observer, roundTripMs: event.roundTripMs };
  return event.redisUp && event.natsUp ? observer : { ...observer, awayAtMs: nowMs };
}

export type Verdict =
  /** Too late itself; ask Redis something cheap to learn when that is over. */
  { kind: "sick" } | { kind: "sweep"; well: boolean; brake: "outage" | undefined };

export function judge(
  observer: Observer,
  now: { nowMs: number; loopDelayMs: number; leaseMs: number; natsUp: boolean },
): Verdict {
  const { nowMs, loopDelayMs, leaseMs, natsUp } = now;
  if (Math.max(loopDelayMs, observer.roundTripMs) > leaseMs / 4) return { kind: "sick" }; // O1
  const recent = observer.awayAtMs !== undefined && nowMs - observer.awayAtMs < leaseMs;
  return { kind: "sweep", well: natsUp, brake: recent ? "outage" : undefined }; // O2, O3
}
