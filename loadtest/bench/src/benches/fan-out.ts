/** The server's CPU per delivery: for B1, B2 and B12. */

import { systemClock } from "@rollcall/runtime";
import { waitFor } from "@rollcall/testkit";
import type { Fleet } from "../fleet/fleet.ts";
import { exactCpuUs } from "../harness/usage.ts";
import type { World } from "../servers/world.ts";

export const ROOM = "bench:quiet";

export interface Bursts {
  /** Messages at once. */
  size: number;
  everyMs: number;
  count: number;
  /** Counted too: what the messages leave to be done, such as the export of their spans. Default none. */
  settleMs?: number;
}

export const BURSTS = {
  B1: { size: 1, everyMs: 100, count: 40 },
  B2: { size: 20, everyMs: 250, count: 16 },
} satisfies Record<string, Bursts>;

/** Microseconds of the server that the clients are connected to. Throws when a message was lost. */
export async function usPerDelivery(
  world: World,
  fleet: Fleet,
  emit: (size: number) => Promise<void>,
  sockets: number,
  { size, everyMs, count, settleMs = 0 }: Bursts,
): Promise<number> {
  const deliveries = size * count * sockets;
  const { events: already } = await fleet.tally({ reset: true });
  const before = exactCpuUs(world.serverPid());
  for (let burst = 0; burst < count; burst++) {
    await emit(size);
    await systemClock.sleep(everyMs);
  }
  await waitFor(async () => (await fleet.tally()).events - already >= deliveries, {
    timeoutMs: 120_000,
    everyMs: 100,
    what: `${deliveries} deliveries`,
  });
  if (settleMs > 0) await systemClock.sleep(settleMs);
  const us = (exactCpuUs(world.serverPid()) - before) / deliveries;
  const { wrong, closed } = await fleet.tally();
  if (wrong + closed > 0) throw new Error(`${wrong} messages lost or out of order, ${closed} connections lost`);
  return us;
}
