/** A world made whole again after a trial that did not come to its end: the next one is another. */

import type { World } from "./world.ts";

/** Mends whatever a fault may have left behind: in the way to Redis, in the servers, in the services. */
export async function makeWhole({ cluster, proxy, redis, nats, operator }: World): Promise<void> {
  proxy.heal();
  proxy.latency(0);
  for (const server of [redis, nats]) {
    if (isAlive(server.pid)) server.resume();
    else await server.restart();
  }
  await operator.replicaof("NO", "ONE");
  for (const service of cluster.services) {
    if (service.running()) service.resume();
    else await service.restart();
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false; // there is no such process
  }
}
