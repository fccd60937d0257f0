/** What the durable Redis keeps: inboxes, the ledger, gatherings and preferences, as one. */

import { DurableRedis, type DurableRedisOptions } from "./durable-redis.ts";
import { createGatherings } from "./gatherings.ts";
import { createInboxes, type InboxesOptions } from "./inboxes.ts";
import { createRecords } from "./records.ts";

export type InboxStore = ReturnType<typeof createInboxStore>;

export function createInboxStore(options: DurableRedisOptions & InboxesOptions) {
  const redis = new DurableRedis(options);
  const preferenceKey = (tenant: string, user: string) => redis.keysOf(tenant).preference(tenant, user);
  return {
    isUp: () => redis.isUp(),
    raise: (cell: string) => redis.raise(cell),
    isCurrent: (cell: string, source: string) => redis.isCurrent(cell, source),
    markCurrent: (cell: string, source: string, epoch: string) => redis.markCurrent(cell, source, epoch),
    ...createInboxes(redis, options),
    ...createRecords(redis, options),
    ...createGatherings(redis, options),
    async readPreference(tenant: string, user: string): Promise<string | undefined> {
      return (await redis.direct((client) => client.get(preferenceKey(tenant, user)))) ?? undefined;
    },
    async writePreference(tenant: string, user: string, json: string): Promise<void> {
      await redis.direct((client) => client.set(preferenceKey(tenant, user), json));
    },
  };
}
