/** The contracts and the times of the fault runs: shared by the tests and by the processes that die. */

import { fakeContracts, from, toBoard, toUsers } from "../fake-contracts.ts";

export const mixContracts = fakeContracts([
  { name: "card:moved", from: from("events.cards"), audience: toBoard },
  {
    name: "order:urgent",
    from: from("events.urgent"),
    audience: toUsers,
    durable: { ttlMs: 3_600_000, fallback: { afterMs: 50, channel: "hook" } },
  },
  {
    name: "order:noted",
    from: from("events.noted"),
    audience: toUsers,
    durable: { ttlMs: 3_600_000, digest: { windowMs: 50 }, fallback: { afterMs: 50, channel: "hook" } },
  },
]);

export const mixTiming = {
  timing: { leaseMs: 300, renewMs: 60, ackWaitMs: 400 },
  sweepMs: 50,
  jobLockMs: 1_000,
};
