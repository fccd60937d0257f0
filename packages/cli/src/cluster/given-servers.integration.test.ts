import { startSentinel } from "@rollcall/testkit";
import { expect, test } from "vitest";
import { checkGivenServers } from "./given-servers.ts";

test("what is named must answer: a server, or the Sentinels that know it", async () => {
  await using redis = await startSentinel({ replicas: 0 });
  const [first] = redis.servers;
  await checkGivenServers({ REDIS_URL: first!.url });
  await checkGivenServers({ REDIS_MODE: "sentinel", REDIS_URL: "redis://rollcall", REDIS_SENTINELS: redis.addresses });
  await first!.kill();
  await redis.sentinels[0]!.kill();
  await expect(checkGivenServers({ REDIS_URL: first!.url })).rejects.toThrow(/REDIS_URL names .*nothing answers/);
  await expect(checkGivenServers({ REDIS_MODE: "sentinel", REDIS_SENTINELS: redis.addresses })).rejects.toThrow(
    /REDIS_SENTINELS names/,
  );
  await expect(checkGivenServers({ NATS_URL: "nats://[" })).rejects.toThrow(/NATS_URL is not an address/);
});
