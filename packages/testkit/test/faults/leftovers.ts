/** What is still held when nobody is there: in Redis, and in every process. */

import type { Redis } from "ioredis";
import type { Cluster, ServiceProcess } from "../../src/index.ts";

/** Records of the cell itself, made once; of the outbox only the empty stream. */
const OF_THE_CELL = new Set([
  "epoch",
  "births",
  "layout",
  "leases",
  "expired",
  "log:0",
  "outbox",
  "relay",
  "inbox-epoch",
]);
const SAMPLE = /^(rollcall_edge_held|rollcall_edge_sockets|rollcall_timers)(\{.*\})? (\S+)$/gm;

/** The installation that is looked at. */
export interface Holder {
  readonly cluster: Cluster;
  readonly operator: Redis;
  /** A key of the cell by its name. */
  key(name: string): string;
  /** Edges that hold a lease. */
  leases(): Promise<readonly string[]>;
}

/** Timers of each kind of process before anybody came. */
export type Idle = ReadonlyMap<string, number>;

export async function idleOf({ cluster }: Holder): Promise<Idle> {
  const idle = new Map<string, number>();
  for (const service of cluster.services) {
    idle.set(service.kind, Math.max(idle.get(service.kind) ?? 0, await timersOf(service)));
  }
  return idle;
}

/** Keys that neither belong to the cell or a living edge, nor end by themselves; and what metrics say is held. */
export async function leftovers(holder: Holder, idle: Idle): Promise<string[]> {
  const { operator, cluster } = holder;
  const edges = new Set((await holder.leases()).map((edge) => `edge:${edge}`));
  const left: string[] = [];
  const prefix = holder.key("");
  for (const key of await operator.keys(`${prefix.replace("{", "\\{")}*`)) {
    const name = key.slice(prefix.length);
    if (OF_THE_CELL.has(name) || edges.has(name) || (await operator.pttl(key)) > 0) continue;
    left.push(`key ${name}`);
  }
  const waiting = await operator.xlen(holder.key("outbox"));
  if (waiting > 0) left.push(`outbox ${waiting}`);
  for (const service of cluster.services) {
    for (const [, metric, labels = "", value] of (await service.metrics()).matchAll(SAMPLE)) {
      const most = metric === "rollcall_timers" ? idle.get(service.kind)! : 0;
      if (Number(value) > most) left.push(`${service.name} ${metric}${labels} ${value} > ${most}`);
    }
  }
  return left;
}

async function timersOf(service: ServiceProcess): Promise<number> {
  const samples = [...(await service.metrics()).matchAll(SAMPLE)];
  return Number(samples.find(([, metric]) => metric === "rollcall_timers")?.[3] ?? 0);
}
