/** A follower that records what it was told, in order. */

import { createMetrics, type Metrics, systemClock, systemRandom } from "@rollcall/runtime";
import {
  createFanoutSource,
  type FanoutSourceOptions,
  type FollowHandlers,
  type LogEntry,
  type Place,
  type Position,
} from "../src/index.ts";
import { quiet } from "./stock-server.ts";

export const INSTALL = "test";
export const AT: Place = { cell: "c0", partition: 0 };

export interface Follower extends AsyncDisposable {
  /** Message ids as they came; `gap`, `rewind`, `live` and `stale` between them. */
  readonly told: string[];
  /** Message ids alone. */
  mids(): string[];
  position(): Position | undefined;
  readonly metrics: Metrics;
  /** The value of a metric without labels. */
  metric(name: string): Promise<number>;
}

export interface FollowOptions {
  at?: Place;
  from?: Position | "now";
  on?: Partial<FollowHandlers>;
  source?: Partial<FanoutSourceOptions>;
}

/** All but the address. */
export const sourceOptions = () => ({
  install: INSTALL,
  clock: systemClock,
  random: systemRandom,
  logger: quiet,
  metrics: createMetrics(),
});

export async function follow(redisUrl: string, options: FollowOptions = {}): Promise<Follower> {
  const { at = AT, from = "now", on = {}, source: change = {} } = options;
  const told: string[] = [];
  const marks = new Set(["gap", "rewind", "live", "stale"]);
  const parts = sourceOptions();
  const { metrics } = parts;
  const source = createFanoutSource({ ...parts, ...change, redisUrl });
  const subscription = await source.follow(at, from, {
    entry: (entry) => void told.push(entry.mid),
    gap: () => void told.push("gap"),
    rewind: () => void told.push("rewind"),
    health: (state) => void told.push(state),
    ...on,
  });
  return {
    told,
    mids: () => told.filter((item) => !marks.has(item)),
    position: () => subscription.position(),
    metrics,
    async metric(name) {
      const line = (await metrics.render()).split("\n").find((text) => text.startsWith(`${name} `));
      return Number(line?.split(" ")[1]);
    },
    [Symbol.asyncDispose]: () => subscription.close(),
  };
}

export function message(mid: string, change: Partial<LogEntry> = {}): LogEntry {
  return {
    tenant: "main",
    namespace: "/",
    targets: ["r:main/a"],
    event: "a:b",
    packetJson: `["a:b",{},{"id":"${mid}"}]`,
    mid,
    ...change,
  };
}
