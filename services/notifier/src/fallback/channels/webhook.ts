/** POST as Standard Webhooks describes it: one id for every attempt, a timestamp, and one signature per secret. */

import { createHmac } from "node:crypto";
import type { Clock } from "@rollcall/runtime";
import { ask, type Breaker, type BreakerRules, CLOSED, tell } from "../breaker.ts";
import { bodyOf, type Channel, type Notice, NotNow } from "../channel.ts";
import { post } from "../egress.ts";

export interface WebhookOptions {
  url: string;
  /** `whsec_<base64>`; several while one is being replaced. */
  secrets: readonly string[];
  timeoutMs: number;
  maxAgeMs: number;
  allowPrivate: boolean;
  clock: Clock;
}

const BREAKER: BreakerRules = { failures: 5, openMs: 30_000 };
const GONE = 410;

export function createWebhook(options: WebhookOptions): Channel {
  const { url, clock } = options;
  let breaker: Breaker = CLOSED;
  const settle = (succeeded: boolean) => {
    breaker = tell(breaker, succeeded, BREAKER, clock.monotonic());
  };

  return {
    type: "webhook",
    maxAgeMs: options.maxAgeMs,
    async send(notice, signal) {
      const asked = ask(breaker, BREAKER, clock.monotonic());
      breaker = asked.next;
      if (asked.waitMs > 0) throw new NotNow(asked.waitMs);
      let status: number;
      try {
        const sent = signed(notice, options.secrets, clock.now());
        const { allowPrivate, timeoutMs } = options;
        ({ status } = await post(url, { ...sent, allowPrivate, timeoutMs, clock, signal }));
      } catch (error) {
        settle(false);
        throw error;
      }
      // An answer that refuses this notice says nothing against the host.
      settle(status < 500 && status !== 429);
      if (status >= 200 && status < 300) return "sent";
      if (status === GONE) return "gone";
      throw new Error(`the webhook answered ${status}`);
    },
  };
}

export function signed(notice: Notice, secrets: readonly string[], nowMs: number) {
  const body = bodyOf(notice);
  const timestamp = String(Math.floor(nowMs / 1000));
  const signature = secrets.map((secret) => `v1,${sign(secret, `${notice.key}.${timestamp}.${body}`)}`).join(" ");
  return {
    body,
    headers: {
      "content-type": "application/json",
      "user-agent": "rollcall",
      "webhook-id": notice.key,
      "webhook-timestamp": timestamp,
      "webhook-signature": signature,
      ...(notice.traceparent === undefined ? {} : { traceparent: notice.traceparent }),
    },
  };
}

function sign(secret: string, content: string): string {
  return createHmac("sha256", Buffer.from(secret.replace(/^whsec_/, ""), "base64"))
    .update(content)
    .digest("base64");
}
