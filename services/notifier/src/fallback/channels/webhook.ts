/** POST as Standard Webhooks describes it: one id for every attempt, a timestamp, and one signature per secret. */

import { createHmac } from "node:crypto";
import type { Clock } from "@rollcall/runtime";
import { bodyOf, type Channel, type Notice, NotNow, Refused } from "../channel.ts";
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

const GONE = 410;
const TOO_MANY = 429;
/** A host may ask for a pause, but not for one that outlasts the patience of those who wait. */
const MAX_RETRY_AFTER_MS = 60_000;

export function createWebhook(options: WebhookOptions): Channel {
  const { url, allowPrivate, timeoutMs, clock } = options;
  return {
    type: "webhook",
    maxAgeMs: options.maxAgeMs,
    async send(notice, signal) {
      const sent = signed(notice, options.secrets, clock.now());
      const { status, retryAfterS } = await post(url, { ...sent, allowPrivate, timeoutMs, clock, signal });
      if (status >= 200 && status < 300) return "sent";
      if (status === GONE) return "gone";
      const isIll = status >= 500 || status === TOO_MANY;
      if (isIll && retryAfterS !== undefined) throw new NotNow(Math.min(retryAfterS * 1_000, MAX_RETRY_AFTER_MS));
      const message = `the webhook answered ${status}`;
      throw isIll ? new Error(message) : new Refused(message);
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
