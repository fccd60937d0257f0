/** Lives through a plan; when that ends badly, makes it as small as it still fails. */

import { describePlan, type Plan } from "./plan.ts";
import type { Reduce } from "./redis.ts";
import { SimWorld } from "./world.ts";

export interface Failure {
  plan: Plan;
  /** `P9: ...`. */
  message: string;
}

/** Runs that making smaller may cost. */
const MOST_RUNS = 1_500;

export function failureOf(plan: Plan, reduceWith?: Reduce): Failure | undefined {
  try {
    new SimWorld(plan, reduceWith).run();
    return undefined;
  } catch (error) {
    return { plan, message: error instanceof Error ? error.message : String(error) };
  }
}

/** The rule that was broken. */
export const ruleOf = ({ message }: Failure): string => /^[A-Z]\d+/.exec(message)?.[0] ?? "thrown";

/** Leaves out runs of steps, ever shorter ones, as long as the same rule is broken. */
export function smallest(failure: Failure, reduceWith?: Reduce): Failure {
  const rule = ruleOf(failure);
  let best = failure;
  let runs = 0;
  for (let size = Math.ceil(best.plan.steps.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < best.plan.steps.length && runs < MOST_RUNS; runs++) {
      const { plan } = best;
      const fewer = { ...plan, steps: plan.steps.toSpliced(at, size) };
      const next = failureOf(fewer, reduceWith);
      if (next !== undefined && ruleOf(next) === rule) best = next;
      else at += size;
    }
  }
  return best;
}

export const describeFailure = ({ plan, message }: Failure): string => `${message}\n${describePlan(plan)}`;
