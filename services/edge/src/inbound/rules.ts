/** The settings as rules of buckets. */

import { TIMEOUTS } from "@rollcall/contracts";
import type { BucketRule } from "@rollcall/runtime";
import type { EdgeSettings } from "../config.ts";
import type { AllowanceRules } from "./allowance.ts";

/** Of the wire contract: every message is answered within this time. */
export const ACK_TIMEOUT_MS = TIMEOUTS.ack.ms;

/** How many refused messages a session may cause before it counts as abuse. */
export const violationRule = (settings: EdgeSettings): BucketRule => ({
  perSecond: settings.VIOLATIONS_PER_MINUTE / 60,
  burst: settings.VIOLATIONS_BURST,
});

export const allowanceRules = (settings: EdgeSettings): AllowanceRules => ({
  sessionBytes: { perSecond: settings.BYTES_PER_SECOND, burst: 2 * settings.BYTES_PER_SECOND },
  sessionJoins: { perSecond: settings.JOINS_PER_SECOND, burst: 2 * settings.MAX_ROOMS },
  user: { perSecond: settings.USER_EVENTS_PER_SECOND, burst: 2 * settings.USER_EVENTS_PER_SECOND },
  tenant: { perSecond: settings.TENANT_EVENTS_PER_SECOND, burst: 2 * settings.TENANT_EVENTS_PER_SECOND },
  maxInFlight: settings.MAX_IN_FLIGHT,
  ackTimeoutMs: ACK_TIMEOUT_MS,
});

export const connectRule = (settings: EdgeSettings): BucketRule => ({
  perSecond: settings.CONNECTS_PER_SECOND_PER_ADDRESS,
  burst: 2 * settings.CONNECTS_PER_SECOND_PER_ADDRESS,
});

/** Of a connection, before its packets are parsed; far above what the rules of messages allow. */
export const frameRule = (settings: EdgeSettings): BucketRule => ({
  perSecond: settings.FRAMES_PER_SECOND,
  burst: 2 * settings.FRAMES_PER_SECOND,
});
