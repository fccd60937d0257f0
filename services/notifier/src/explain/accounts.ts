/** This process's answer to `Subjects.delivery()`: what it did with a message, or silence. */

import type { NatsConnection } from "@nats-io/nats-core";
import type { DeliveryAccount, DeliveryQuery } from "@rollcall/contracts/internal";
import type { Logger, Served } from "@rollcall/runtime";
import type { AccountRing } from "./ring.ts";

export function answerAccounts(
  nc: NatsConnection,
  subject: string,
  notifier: string,
  ring: AccountRing,
  logger: Logger,
): Served {
  const subscription = nc.subscribe(subject, {
    callback: (error, message) => {
      if (error !== null) {
        logger.error({ event: "rpc.subscription_failed", name: "delivery", error }, "a subscription ended");
        return;
      }
      try {
        const { tenant, id } = message.json<DeliveryQuery>();
        const accounts = ring.find(tenant, id);
        if (accounts.length === 0) return;
        const data: DeliveryAccount = { from: "notifier", notifier, accounts };
        message.respond(JSON.stringify({ ok: true, data }));
      } catch (error) {
        logger.warn({ event: "rpc.failed", name: "delivery", error }, "a question could not be answered");
      }
    },
  });
  return {
    active: () => 0,
    async close() {
      subscription.unsubscribe();
    },
  };
}
