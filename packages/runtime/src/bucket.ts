/** Token buckets: `perSecond` tokens a second, a burst of one second's worth (at least one). Time is an argument. */

export interface Bucket {
  tokens: number;
  /** When `tokens` was true, on the monotonic clock. */
  atMs: number;
}

export interface BucketRule {
  perSecond: number;
  /** Default: one second's worth, at least 1. */
  burst?: number;
}

export const burstOf = (rule: BucketRule): number => Math.max(1, rule.burst ?? rule.perSecond);

export const newBucket = (rule: BucketRule, nowMs: number): Bucket => ({ tokens: burstOf(rule), atMs: nowMs });

/** Sums of fractions are off by less: who waited as long as they were told is not refused for it. */
const ROUNDING = 1e-9;

/** Milliseconds until `cost` could be taken; 0: now. Takes nothing. */
export function waitMs(bucket: Bucket, rule: BucketRule, nowMs: number, cost = 1): number {
  const burst = burstOf(rule);
  const elapsedMs = Math.max(0, nowMs - bucket.atMs);
  bucket.tokens = Math.min(burst, bucket.tokens + (elapsedMs * rule.perSecond) / 1_000);
  bucket.atMs = Math.max(bucket.atMs, nowMs);
  // What is larger than the whole bucket passes when it is full.
  const missing = Math.min(cost, burst) - bucket.tokens;
  return missing <= ROUNDING ? 0 : Math.ceil((missing * 1_000) / rule.perSecond);
}

/** Takes `cost` and returns 0, or takes nothing and returns the milliseconds until it could. */
export function take(bucket: Bucket, rule: BucketRule, nowMs: number, cost = 1): number {
  const wait = waitMs(bucket, rule, nowMs, cost);
  if (wait === 0) bucket.tokens -= Math.min(cost, burstOf(rule));
  return wait;
}

/** One bucket of several that a message must pass. */
export interface Charge {
  bucket: Bucket;
  rule: BucketRule;
  cost: number;
}

/** From all or from none: a message that one bucket refuses costs nothing in the others. */
export function takeAll(charges: readonly Charge[], nowMs: number): number {
  let longest = 0;
  for (const { bucket, rule, cost } of charges) longest = Math.max(longest, waitMs(bucket, rule, nowMs, cost));
  if (longest === 0) for (const { bucket, rule, cost } of charges) bucket.tokens -= Math.min(cost, burstOf(rule));
  return longest;
}

/** Buckets by name, made when first needed. A full bucket is as good as none: `prune` bounds what names can pile up. */
export class Buckets {
  /** Made with the first one and gone with the last: a session that is silent has none. */
  #byName: Map<string, Named> | undefined;

  get size(): number {
    return this.#byName?.size ?? 0;
  }

  of(name: string, rule: BucketRule, nowMs: number): Bucket {
    this.#byName ??= new Map();
    let bucket = this.#byName.get(name);
    if (bucket === undefined) this.#byName.set(name, (bucket = { ...newBucket(rule, nowMs), rule }));
    bucket.rule = rule;
    return bucket;
  }

  /** Forgets the full ones. */
  prune(nowMs: number): void {
    if (this.#byName === undefined) return;
    for (const [name, bucket] of this.#byName) {
      waitMs(bucket, bucket.rule, nowMs);
      if (bucket.tokens >= burstOf(bucket.rule)) this.#byName.delete(name);
    }
    if (this.#byName.size === 0) this.#byName = undefined;
  }
}

interface Named extends Bucket {
  rule: BucketRule;
}
