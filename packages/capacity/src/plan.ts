/**
 * How many of what a traffic needs. More edges carry more connections and deliveries; what they do not help is in one
 * place: the log, which every edge reads whole, its Redis, which sends it to each of them, and the one notifier that reads a
 * source. Where such a wall is met, the traffic is split into pools that share nothing, by tenant or namespace.
 */

import { type Costs, cpuOf } from "./costs.ts";
import { entriesOf, partOf, type Traffic, workOf } from "./traffic.ts";

export interface Limits {
  /** Of one core, or one network: what is left is for peaks and for those that stop. 0 to 1. */
  share: number;
  /** Of one edge. */
  connections: number;
  /** Of an edge's core, for reading the log: the rest is for its own clients. 0 to 1. */
  readShare: number;
  /** Out of the Redis that holds the log, bytes a second. */
  redisBytesPerSecond: number;
  /** Of an entry of the log. */
  entryBytes: number;
  /** Of one NATS server, each of which does everything: a quorum repeats. */
  natsCores: number;
}

export const DEFAULT_LIMITS: Limits = {
  share: 0.6,
  connections: 20_000,
  readShare: 0.3,
  redisBytesPerSecond: 1.25e9, // 10 Gbit/s
  entryBytes: 500,
  natsCores: 2,
};

/** What more edges do not help. `used`: of what there is, 1 is all of it. */
export interface Wall {
  name: "log" | "redis" | "network" | "notifier" | "nats";
  used: number;
}

export interface Plan {
  /** Installations that share nothing. */
  pools: number;
  /** Of one pool. */
  edges: number;
  presence: number;
  notifiers: number;
  connectionsPerEdge: number;
  /** Of one pool. */
  entriesPerSecond: number;
  deliveriesPerSecond: number;
  redisBytesPerSecond: number;
  /** Cores in use, of all pools, by part. */
  cores: ReturnType<typeof cpuOf>;
  /** Of one pool, the highest first. */
  walls: readonly Wall[];
  /** The one that made pools necessary, of a single pool; none: it is enough. */
  firstWall?: Wall;
}

/** Two of each: one may stop. */
const LEAST = 2;
const CORE_US = 1e6;
const MAX_POOLS = 1 << 20;
/** Of an edge's core, for its own clients: with less, the traffic needs pools anyway. */
const LEAST_LEFT = 0.05;

/** Undefined when not even pools of a few users each would do. */
export function planFor(traffic: Traffic, costs: Costs, limits: Limits = DEFAULT_LIMITS): Plan | undefined {
  let firstWall: Wall | undefined;
  for (let pools = 1; pools <= MAX_POOLS && traffic.users / pools >= 1; pools *= 2) {
    const plan = poolOf(partOf(traffic, pools), costs, limits);
    const [highest] = plan.walls;
    if (highest!.used <= 1) {
      const cores = Object.fromEntries(Object.entries(plan.cores).map(([part, used]) => [part, used * pools]));
      return { ...plan, pools, cores: cores as Plan["cores"], ...(firstWall === undefined ? {} : { firstWall }) };
    }
    firstWall ??= highest;
  }
  return undefined;
}

function poolOf(traffic: Traffic, costs: Costs, limits: Limits): Omit<Plan, "pools" | "firstWall"> {
  const edges = edgesOf(traffic, costs, limits);
  const work = workOf(traffic, edges);
  const cpu = cpuOf(work, costs);
  /** What is done one by one while there is time for it is done together when there is not. */
  const pressed = cpuOf({ ...work, append: 0, wake: 0 }, costs);
  const entriesPerSecond = entriesOf(traffic);
  const redisBytesPerSecond = entriesPerSecond * edges * limits.entryBytes;
  const budgetUs = CORE_US * limits.share;
  const walls: Wall[] = [
    { name: "log", used: (entriesPerSecond * costs.read.edges) / (CORE_US * limits.readShare) },
    { name: "redis", used: pressed.redis / budgetUs },
    { name: "network", used: redisBytesPerSecond / (limits.redisBytesPerSecond * limits.share) },
    { name: "notifier", used: pressed.notifier / budgetUs },
    { name: "nats", used: pressed.nats / (budgetUs * limits.natsCores) },
  ];
  return {
    edges,
    presence: Math.max(LEAST, Math.ceil(cpu.presence / budgetUs)),
    notifiers: LEAST,
    connectionsPerEdge: Math.ceil(traffic.users / edges),
    entriesPerSecond,
    deliveriesPerSecond: work.delivery,
    redisBytesPerSecond,
    cores: Object.fromEntries(Object.entries(cpu).map(([part, us]) => [part, us / CORE_US])) as Plan["cores"],
    walls: walls.toSorted((a, b) => b.used - a.used),
  };
}

/** By connections and by CPU: what every edge pays for being there and reading is taken off its core first. */
function edgesOf(traffic: Traffic, costs: Costs, limits: Limits): number {
  const none = cpuOf(workOf(traffic, 0), costs).edges;
  const each = cpuOf(workOf(traffic, 1), costs).edges - none;
  const leftUs = Math.max(CORE_US * limits.share - each, CORE_US * LEAST_LEFT);
  return Math.max(LEAST, Math.ceil(traffic.users / (limits.connections * limits.share)), Math.ceil(none / leftUs));
}
