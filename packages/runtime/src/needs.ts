/** What a service's work can need, by the names that `/readyz` tells: a fixed set, so that no answer can carry a secret. */

export const NEEDS = {
  starting: "it has not been ready yet; beside it stand the connections it waits for",
  stopping: "it was told to stop",
  check: "readiness could not be found out within a second",
  redis: "no connection to `REDIS_URL`",
  "redis-durable": "no connection to `REDIS_DURABLE_URL`, where that is another one",
  nats: "no connection to `NATS_URL`",
  fanout: "edge: the log cannot be read, as Redis is away, is full, or refuses its user",
  keys: "edge: a key set (`JWKS`, `ISSUERS`) has not been read yet",
  intake:
    "notifier: a source is not read, as its stream or consumer is missing or cannot be asked; `rollcall_notifier_intake_up` says which",
} as const;

export type Need = keyof typeof NEEDS;

export const isNeed = (name: unknown): name is Need => typeof name === "string" && Object.hasOwn(NEEDS, name);

/** Those that are not met. */
export const unmet = (needs: Partial<Record<Need, boolean>>): Need[] =>
  (Object.keys(needs) as Need[]).filter((need) => needs[need] === false);
