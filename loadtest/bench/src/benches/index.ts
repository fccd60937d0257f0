/** Every bench, in the order of the report. */

import type { Bench } from "../harness/bench.ts";
import { burst, oneMessage } from "./b1-b2-fan-out.ts";
import { heartbeats } from "./b3-heartbeats.ts";
import { memory } from "./b4-memory.ts";
import { transitions } from "./b5-transitions.ts";
import { latency } from "./b6-latency.ts";
import { idle } from "./b7-idle.ts";
import { storm } from "./b8-storm.ts";
import { crash } from "./b9-crash.ts";
import { tracing } from "./b10-tracing.ts";
import { snapshot } from "./b11-snapshot.ts";
import { growth } from "./b12-growth.ts";
import { capacity } from "./b13-capacity.ts";
import { rooms } from "./b14-rooms.ts";
import { notifier } from "./b15-notifier.ts";
import { backlog } from "./b16-backlog.ts";

export const BENCHES: readonly Bench[] = [
  oneMessage,
  burst,
  heartbeats,
  memory,
  transitions,
  latency,
  idle,
  storm,
  crash,
  tracing,
  snapshot,
  growth,
  capacity,
  rooms,
  notifier,
  backlog,
];

/** By their ids, in any case, or `all`; undefined when one is unknown. */
export function benchesOf(ids: readonly string[]): readonly Bench[] | undefined {
  if (ids.length === 1 && ids[0] === "all") return BENCHES;
  const found = ids.map((id) => BENCHES.find((bench) => bench.id === id.toUpperCase()));
  return found.every((bench) => bench !== undefined) ? found : undefined;
}
