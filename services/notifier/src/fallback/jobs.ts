/** The jobs of fallbacks: one queue per channel, one job per record of the ledger, however often it is asked for. */

import { messageId } from "@rollcall/contracts/internal";
import type { Job, Queue } from "bullmq";
import type { Timer } from "../inbox/inbox-types.ts";

export interface JobData extends Timer {
  channel: string;
  /** Redis' time: its age must not depend on whose clock is asked. */
  dueAtMs: number;
}

/** How often a record that waits for its job is compared with the queue. */
export const RECONCILE_MS = 60_000;
/** Between two attempts for one notice that its host refuses. */
export const BACKOFF = { minMs: 1_000, maxMs: 5 * 60_000 };
/** Age, not attempts, ends a notice. */
const ATTEMPTS = 1_000_000;

export const queueName = (channel: string) => `fallback-${channel}`;

/** Of this event for this recipient: the job's id and the receiver's key. Neither an integer nor with a colon. */
export function keyOf({ tenant, namespace, user, mid }: Timer): string {
  return `n-${messageId(tenant, `${namespace} ${user}`, mid)}`;
}

/** One that ended without an end of the record is made anew. `isOverdue`: one that is delayed was put off wrongly. */
export async function makeJob(queue: Queue<JobData>, data: JobData, isOverdue: boolean): Promise<void> {
  const jobId = keyOf(data);
  const existing = await queue.getJob(jobId);
  if (existing !== undefined) {
    const state = await existing.getState();
    if (state === "delayed" && isOverdue) return existing.promote();
    if (state !== "failed" && state !== "completed" && state !== "unknown") return;
    await existing.remove();
  }
  await queue.add("notice", data, {
    jobId,
    attempts: ATTEMPTS,
    backoff: { type: "custom" },
    removeOnComplete: true,
    removeOnFail: true,
  });
}

/** No worker takes a job of the queue for so long. Redis takes whole ms only. */
export const rest = (queue: Queue<JobData>, ms: number): Promise<void> => queue.rateLimit(Math.ceil(ms));

/** Behind those that wait already, to be worked again at `atMs`. */
export const putBehind = (job: Job<JobData>, atMs: number, token: string | undefined): Promise<void> =>
  job.moveToDelayed(atMs, token);

/** What is done to jobs and queues. */
export interface Jobs {
  make: typeof makeJob;
  rest: typeof rest;
  putBehind: typeof putBehind;
}
