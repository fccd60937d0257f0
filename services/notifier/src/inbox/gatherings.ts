/** Which records of one event and user wait to go out as one notice (`digest.ts`). */

import type { InboxOwner } from "@rollcall/contracts/internal";
import type { DurableRedis } from "./durable-redis.ts";
import type { Timer } from "./inbox-types.ts";

/** `keepMs`: how long a gathering outlives its window. */
export function createGatherings(redis: DurableRedis, { keepMs }: { keepMs: number }) {
  const gatherScript = redis.script(import.meta.url, "./gather.lua");
  const keyOf = (owner: InboxOwner, event: string) => redis.keysOf(owner.tenant).gathering(owner, event);

  return {
    /** Joins the others of its event: does it speak for them, and in how many ms. */
    async gather(timer: Timer, event: string, windowMs: number): Promise<{ leads: boolean; inMs: number }> {
      const args = [timer.mid, windowMs, windowMs + keepMs];
      const [, leader, inMs] = (await gatherScript(timer, args, { keys: [keyOf(timer, event)] })) as string[];
      return { leads: leader === timer.mid, inMs: Number(inMs) };
    },

    /** Mids that wait, oldest first. */
    gathered: (owner: InboxOwner, event: string, limit: number): Promise<string[]> =>
      redis.direct((client) => client.zrange(keyOf(owner, event), "0", String(limit - 1))),

    /** They wait no more. */
    async scatter(owner: InboxOwner, event: string, mids: readonly string[]): Promise<void> {
      await redis.direct((client) => client.zrem(keyOf(owner, event), ...mids));
    },
  };
}
