/**
 * What B13 measured (docs/benchmarks.md names machine, load and commit): another machine has other costs, `./rollcall bench B13`
 * tells them.
 */

import type { Costs } from "./costs.ts";

export const MEASURED: Costs = {
  installation: { edges: 1_000, presence: 45_500, notifier: 0, redis: 9_034, nats: 0 },
  edge: { edges: 18_000, presence: 0, notifier: 0, redis: 1_078, nats: 0 },
  connection: { edges: 25, presence: 0, notifier: 0, redis: 1.24, nats: 0 },
  session: { edges: 5_915, presence: 2_606, notifier: 0, redis: 1_508, nats: 0 },
  join: { edges: 1_015, presence: 2_030, notifier: 0, redis: 1_153, nats: 0 },
  entry: { edges: 0, presence: 0, notifier: 0, redis: 10.4, nats: 0 },
  append: { edges: 128, presence: 0, notifier: 0, redis: 168, nats: 0 },
  read: { edges: 39.2, presence: 0, notifier: 0, redis: 3.21, nats: 0 },
  wake: { edges: 443, presence: 0.249, notifier: 0, redis: 39.2, nats: 0 },
  handout: { edges: 23.9, presence: 0, notifier: 0, redis: 0, nats: 0 },
  delivery: { edges: 15.1, presence: 0, notifier: 0, redis: 0.205, nats: 0 },
  relay: { edges: 609, presence: 8.47, notifier: 0, redis: 14, nats: 0 },
  event: { edges: 0, presence: 0, notifier: 1_165, redis: 66.6, nats: 0 },
};
