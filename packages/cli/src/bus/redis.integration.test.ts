import { startSentinel } from "@rollcall/testkit";
import { Redis } from "ioredis";
import { expect, test } from "vitest";
import { CliError } from "../context.ts";
import { redisOptions } from "./redis.ts";

const connect = async (url: string, env: Record<string, string>) => {
  const client = new Redis(url, redisOptions(url, "i", { env }));
  const reasons: string[] = [];
  client.on("error", (error: Error) => reasons.push(error.message));
  await client.connect().catch((error: Error) => {
    throw new Error(`${error.message} (${reasons.join("; ")})`);
  });
  return client;
};

test("a command finds the primary through Sentinels, and says what is wrong when none answers", async () => {
  await using redis = await startSentinel();
  const env = { REDIS_MODE: "sentinel", REDIS_SENTINELS: redis.addresses };
  const client = await connect(`redis://${redis.name}`, env);
  expect(await client.set("k", "v")).toBe("OK");
  client.disconnect();
  await redis.sentinels[0]!.kill();
  await expect(connect(`redis://${redis.name}`, env)).rejects.toThrow(/ECONNREFUSED|closed/);
});

test("settings that do not fit together are a mistake of the command line", () => {
  const env = { REDIS_MODE: "sentinel" };
  expect(() => redisOptions("redis://rollcall", "i", { env })).toThrow(CliError);
});
