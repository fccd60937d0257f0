/** How many refused messages a session may cause before it counts as abuse. */

import type { EdgeSettings } from "../config.ts";
import type { BucketRule } from "./bucket.ts";

export const violationRule = (settings: EdgeSettings): BucketRule => ({
  perSecond: settings.VIOLATIONS_PER_MINUTE / 60,
  burst: settings.VIOLATIONS_BURST,
});
