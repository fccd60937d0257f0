/** What processes cost, read from outside: `/proc` of Linux, and Redis's own account of itself. */

import { readdirSync, readFileSync } from "node:fs";
import type { Redis } from "ioredis";

/** `getconf CLK_TCK` of every Linux that Node runs on. */
const TICK_US = 10_000;

/** CPU time of a process so far, user and system. Steps of 10 ms: measure over seconds. */
export function cpuUs(pid: number): number {
  return cpuUsOfStat(readFileSync(`/proc/${pid}/stat`, "latin1"));
}

/** As `cpuUs`, to the nanosecond, of the threads there are: for work that is shorter than a second. */
export function exactCpuUs(pid: number): number {
  const tasks = `/proc/${pid}/task`;
  const ranNs = (thread: string) => Number(readFileSync(`${tasks}/${thread}/schedstat`, "latin1").split(" ", 1)[0]);
  return readdirSync(tasks).reduce((sum, thread) => sum + ranNs(thread) / 1_000, 0);
}

/** The command's name, in brackets, may hold anything. */
export function cpuUsOfStat(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * TICK_US;
}

export function rssBytes(pid: number): number {
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1];
  if (kib === undefined) throw new Error(`process ${pid} has no memory`);
  return Number(kib) * 1_024;
}

export interface RedisUsage {
  cpuUs: number;
  commands: number;
  bytesOut: number;
}

export async function redisUsage(redis: Redis): Promise<RedisUsage> {
  const info = String(await redis.info("everything"));
  const field = (name: string) => Number(new RegExp(`^${name}:(\\S+)`, "m").exec(info)?.[1]);
  return {
    cpuUs: (field("used_cpu_sys") + field("used_cpu_user")) * 1e6,
    commands: field("total_commands_processed"),
    bytesOut: field("total_net_output_bytes"),
  };
}
