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

/** Takes `cost` and returns 0, or takes nothing and returns the milliseconds until it could. */
export function take(bucket: Bucket, rule: BucketRule, nowMs: number, cost = 1): number {
  const burst = burstOf(rule);
  const elapsedMs = Math.max(0, nowMs - bucket.atMs);
  bucket.tokens = Math.min(burst, bucket.tokens + (elapsedMs * rule.perSecond) / 1_000);
  bucket.atMs = Math.max(bucket.atMs, nowMs);
  const needed = Math.min(cost, burst);
  if (bucket.tokens >= needed) {
    bucket.tokens -= needed;
    return 0;
  }
  return Math.ceil(((needed - bucket.tokens) * 1_000) / rule.perSecond);
}

/** Buckets by name, made when first needed; bounded by the names there are. */
export class Buckets {
  readonly #byName = new Map<string, Bucket>();

  take(name: string, rule: BucketRule, nowMs: number, cost = 1): number {
    let bucket = this.#byName.get(name);
    if (bucket === undefined) {
      bucket = newBucket(rule, nowMs);
      this.#byName.set(name, bucket);
    }
    return take(bucket, rule, nowMs, cost);
  }
}
