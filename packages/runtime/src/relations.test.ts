import { deepEqual, equal } from "node:assert/strict";
import { test } from "vitest";
import { needs, sumAtLeast, together } from "./relations.ts";

test("a sum is at least what it must be: each setting times its number", () => {
  const { holds, between, data } = sumAtLeast("LEASE is 3 x RENEW and 5", { LEASE: 1, RENEW: -3 }, 5);
  equal(holds({ LEASE: 35, RENEW: 10 }), true);
  equal(holds({ LEASE: 34, RENEW: 10 }), false);
  deepEqual(between, ["LEASE", "RENEW"]);
  deepEqual(data, { terms: { LEASE: 1, RENEW: -3 }, least: 5 });
});

test("a value needs another setting, whatever it says", () => {
  const { holds } = needs("otlp needs ENDPOINT", { setting: "EXPORTER", value: "otlp" }, { setting: "ENDPOINT" });
  equal(holds({ EXPORTER: "otlp" }), false);
  equal(holds({ EXPORTER: "otlp", ENDPOINT: "http://collector" }), true);
  equal(holds({ EXPORTER: "prometheus" }), true);
});

test("a value in a list needs a value of another", () => {
  const { holds } = needs("* needs dev", { setting: "ORIGINS", value: "*" }, { setting: "ENV", value: "dev" });
  equal(holds({ ORIGINS: ["https://a.example.com", "*"], ENV: "prod" }), false);
  equal(holds({ ORIGINS: ["*"], ENV: "dev" }), true);
  equal(holds({ ORIGINS: ["https://*.example.com"], ENV: "prod" }), true);
});

test("some belong together: all of them or none", () => {
  const { holds, rule } = together("CERT", "KEY");
  equal(rule, "CERT and KEY belong together");
  deepEqual([holds({}), holds({ CERT: "a" }), holds({ CERT: "a", KEY: "b" })], [true, false, true]);
});
