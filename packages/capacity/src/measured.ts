/**
 * What B13 measured (docs/benchmarks.md names machine, load and commit): another machine has other costs, `./rollcall bench B13`
 * tells them.
 */

import type { Costs } from "./costs.ts";

export const MEASURED: Costs = {
  installation: { edges: 13_500, presence: 42_500, notifier: 0, redis: 6_979, nats: 2_000 },
  edge: { edges: 13_500, presence: 0, notifier: 0, redis: 316, nats: 0 },
  connection: { edges: 0, presence: 0, notifier: 0, redis: 0.551, nats: 0 },
  session: { edges: 4_858, presence: 2_616, notifier: 0, redis: 1_325, nats: 686 },
  join: { edges: 1_032, presence: 1_398, notifier: 0, redis: 845, nats: 435 },
  entry: { edges: 0, presence: 0, notifier: 0, redis: 9.05, nats: 0 },
  append: { edges: 0, presence: 0, notifier: 0, redis: 111, nats: 0 },
  read: { edges: 38.5, presence: 0.222, notifier: 0, redis: 3.6, nats: 0 },
  wake: { edges: 449, presence: 8.63, notifier: 0, redis: 47.4, nats: 1.49 },
  handout: { edges: 52.4, presence: 0.821, notifier: 0, redis: 0, nats: 3.59 },
  delivery: { edges: 17.1, presence: 0.0253, notifier: 0, redis: 0.366, nats: 0 },
  relay: { edges: 448, presence: 0, notifier: 0, redis: 0, nats: 0 },
  event: { edges: 0, presence: 0, notifier: 1_125, redis: 91.8, nats: 487 },
};
