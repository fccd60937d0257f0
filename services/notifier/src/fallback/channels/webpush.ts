/** Web Push with VAPID. The subscription is where the event's data says, as browsers give it. */

import type { Clock } from "@rollcall/runtime";
import webpush from "web-push";
import { bodyOf, type Channel, pointed } from "../channel.ts";
import { post } from "../egress.ts";

export interface WebPushOptions {
  vapid: { subject: string; publicKey: string; privateKey: string };
  /** JSON pointer to the subscription in the event's data. */
  subscription: string;
  ttlS: number;
  timeoutMs: number;
  maxAgeMs: number;
  allowPrivate: boolean;
  clock: Clock;
}

/** Push services take 4,096 bytes, encrypted; what does not fit goes without data, and the app asks `inbox:sync`. */
const MAX_BODY_BYTES = 3_800;
const GONE = new Set([404, 410]);

interface Subscription {
  endpoint: string;
  keys: { p256dh: string; auth: string };
}

export function createWebPush(options: WebPushOptions): Channel {
  return {
    type: "webpush",
    maxAgeMs: options.maxAgeMs,
    async send(notice, signal) {
      const subscription = pointed(notice.data, options.subscription);
      if (!isSubscription(subscription)) return "gone";
      const whole = bodyOf(notice);
      const payload = Buffer.byteLength(whole) <= MAX_BODY_BYTES ? whole : bodyOf({ ...notice, data: null });
      const details = webpush.generateRequestDetails(subscription, payload, {
        vapidDetails: options.vapid,
        TTL: options.ttlS,
      });
      // The endpoint is named by a browser: it gets no further than the public network.
      const { status } = await post(details.endpoint, {
        headers: Object.fromEntries(Object.entries(details.headers).map(([name, value]) => [name, String(value)])),
        body: details.body ?? "",
        allowPrivate: options.allowPrivate,
        timeoutMs: options.timeoutMs,
        clock: options.clock,
        signal,
      });
      if (status >= 200 && status < 300) return "sent";
      if (GONE.has(status)) return "gone";
      throw new Error(`the push service answered ${status}`);
    },
  };
}

function isSubscription(value: unknown): value is Subscription {
  if (typeof value !== "object" || value === null) return false;
  const { endpoint, keys } = value as Partial<Subscription>;
  return typeof endpoint === "string" && typeof keys?.p256dh === "string" && typeof keys.auth === "string";
}
