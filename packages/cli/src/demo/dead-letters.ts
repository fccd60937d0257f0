/** Follows the dead-letter stream from now on, for the events of the demo. */

import { DeliverPolicy, jetstream, jetstreamManager } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/nats-core";
import { subjectsOf } from "@rollcall/contracts";
import { SOURCE } from "./plan.ts";

export interface DeadLetterFollower {
  stop(): Promise<void>;
}

export async function followDeadLetters(
  nc: NatsConnection,
  options: { install: string; onLetter(id: string, reason: string): void },
): Promise<DeadLetterFollower> {
  const stream = subjectsOf(options.install).deadletterStream();
  const { state } = await (await jetstreamManager(nc)).streams.info(stream);
  const consumer = await jetstream(nc).consumers.get(stream, {
    deliver_policy: DeliverPolicy.StartSequence,
    opt_start_seq: state.last_seq + 1,
  });
  const messages = await consumer.consume({
    callback: ({ headers }) => {
      if (headers?.get("ce-source") !== SOURCE) return;
      options.onLetter(headers.get("ce-id"), headers.get("rollcall-reason"));
    },
  });
  return { stop: async () => void (await messages.close()) };
}
