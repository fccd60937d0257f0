/** What was in flight when the connection to Redis ended is refused, and not sent to whoever is Redis next. */

import { connectRedis, createLogger, systemClock } from "@rollcall/runtime";
import { type RedisServer, startRedis, waitFor } from "@rollcall/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { CELL_CONNECTION } from "../src/redis/connection.ts";
import { RedisStore } from "../src/redis/redis-store.ts";
import { BOUNDS } from "./worlds.ts";

let server: RedisServer;
beforeAll(async () => {
  server = await startRedis();
});
afterAll(() => server.stop());

test("[C2][P6][P11] a call in flight when the connection ends is refused, and never applied later", async () => {
  const admin = server.connect();
  const logger = createLogger({ service: "test", instance: "test", level: "silent" });
  const redis = connectRedis({ url: server.url, clock: systemClock, logger, name: "cell", overrides: CELL_CONNECTION });
  await redis.ready();
  const store = new RedisStore({ redis, install: "c", cell: "c0", bounds: BOUNDS });
  await store.hello("e1");
  await admin.client("PAUSE", 60_000, "WRITE");
  const late = store.hello("e2");
  const refused = expect(late).rejects.toMatchObject({ code: "UNAVAILABLE" });
  await waitFor(async () => /blocked_clients:[1-9]/.test(await admin.info("clients")), { what: "the call to wait" });
  await admin.call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
  await refused;
  await admin.client("UNPAUSE");
  await redis.ready();
  expect((await store.lease("e1")).status).toBe("OK");
  expect((await store.lease("e2")).status).toBe("UNKNOWN_EDGE");
  await redis.close();
  admin.disconnect();
});
