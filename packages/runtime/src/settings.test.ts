import { deepEqual, equal } from "node:assert/strict";
import { describe, test } from "vitest";
import { mistakesOf as mistakes } from "../test/mistakes.ts";
import { defineConfig, loadConfig } from "./config.ts";
import { boundsConfig, commonConfig } from "./settings.ts";

const schema = defineConfig(commonConfig, boundsConfig);
const mistakesOf = (env: Record<string, string>) => mistakes(() => loadConfig(schema, env));

test("the defaults are the documented bounds and keep their relations", () => {
  const config = loadConfig(schema, {});
  deepEqual(
    [config.PING_INTERVAL_MS, config.PING_TIMEOUT_MS, config.GRACE_MS, config.LEASE_MS, config.LEASE_RENEW_MS],
    [6_000, 5_000, 10_000, 6_000, 2_000],
  );
  equal(config.INSTALL, "rollcall");
});

describe("relations", () => {
  test("a lease outlives two missed renewals; the message names both settings", () => {
    const [mistake] = mistakesOf({ LEASE_MS: "6000", LEASE_RENEW_MS: "2001" });
    equal(mistake?.includes("LEASE_MS") && mistake.includes("LEASE_RENEW_MS"), true);
  });

  test("clients of a hung edge are back before their eviction, to the millisecond", () => {
    // lease - renew + grace = 14,000 >= 6,000 + 5,000 + 2,500
    deepEqual(mistakesOf({ GRACE_MS: "9500" }), []);
    const mistakes = mistakesOf({ GRACE_MS: "9499" });
    equal(mistakes.length, 1);
    for (const name of ["LEASE_MS", "LEASE_RENEW_MS", "GRACE_MS", "PING_INTERVAL_MS", "PING_TIMEOUT_MS"]) {
      equal(mistakes[0]?.includes(name), true, name);
    }
    deepEqual(mistakesOf({ GRACE_MS: "9499", RETRY_SLACK_MS: "2499" }), []);
  });

  test("the documented profile for phones is acceptable", () => {
    deepEqual(mistakesOf({ PING_INTERVAL_MS: "25000", PING_TIMEOUT_MS: "20000", GRACE_MS: "45000" }), []);
  });

  test.each([
    [{ REDIS_MODE: "sentinel" }, "REDIS_SENTINELS"],
    [{ REDIS_SENTINELS: "a:1" }, "REDIS_MODE"],
    [{ REDIS_TLS_CA: "/ca" }, "rediss://"],
    [{ REDIS_URL: "rediss://h", REDIS_TLS_CERT: "/c" }, "REDIS_TLS_KEY"],
    [{ NATS_TLS_KEY: "/k" }, "NATS_TLS_CERT"],
    [{ NATS_CREDS: "/c", NATS_NKEY: "S" }, "exclude each other"],
  ])("%j says what is missing", (env, named) => {
    const mistakes = mistakesOf(env);
    equal(mistakes.length, 1);
    equal(mistakes[0]?.includes(named), true, mistakes[0]);
  });

  test("a mistake shows the values between which something must hold, no secret among them", () => {
    const [mistake] = mistakesOf({ REDIS_URL: "redis://:hunter2@h", REDIS_TLS_CA: "/ca" });
    equal(mistake?.includes("REDIS_TLS_CA=/ca"), true, mistake);
    equal(mistake?.includes("hunter2"), false, mistake);
  });
});
