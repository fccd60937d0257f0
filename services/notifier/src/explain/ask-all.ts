/** A question to all replicas of a part at once: gathers what answers within a time, whoever is silent. */

import type { NatsConnection } from "@nats-io/nats-core";
import { RollcallError } from "@rollcall/contracts";
import { isNatsUp, isNoResponder } from "@rollcall/runtime";

/** Answers that are not `{ ok: true, data }` are left out. */
export async function askAll<T>(
  nc: NatsConnection,
  subject: string,
  body: unknown,
  limits: { forMs: number; maxAnswers: number },
): Promise<T[]> {
  if (!isNatsUp(nc)) throw new RollcallError("UNAVAILABLE");
  const answers: T[] = [];
  try {
    const coming = await nc.requestMany(subject, JSON.stringify(body), {
      strategy: "timer",
      maxWait: limits.forMs,
      maxMessages: limits.maxAnswers,
    });
    for await (const message of coming) {
      const data = dataOf<T>(message.data);
      if (data !== undefined) answers.push(data);
    }
  } catch (error) {
    if (!isNoResponder(error)) throw new RollcallError("UNAVAILABLE", { cause: error });
  }
  return answers;
}

const decoder = new TextDecoder();

function dataOf<T>(bytes: Uint8Array): T | undefined {
  try {
    const reply = JSON.parse(decoder.decode(bytes)) as { ok?: unknown; data?: T } | null;
    return reply?.ok === true ? reply.data : undefined;
  } catch {
    return undefined; // "no responders" has no body
  }
}
